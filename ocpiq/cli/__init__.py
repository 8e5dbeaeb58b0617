"""argv to query to exit code."""
