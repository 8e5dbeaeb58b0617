"""Deliveries with a state: which window comes next, what was delivered, and how files appear whole and once."""
