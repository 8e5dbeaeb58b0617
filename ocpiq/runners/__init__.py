"""Runs a query in parts: in processes of this machine, or on a cluster."""
