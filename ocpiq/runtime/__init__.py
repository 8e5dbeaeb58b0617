"""The functions that compiled queries call."""
