"""Snapshots: what a pull stored in a folder, so that queries read it again without the platform."""
