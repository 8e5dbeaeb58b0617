"""Pulls a module from its first page to its last."""
