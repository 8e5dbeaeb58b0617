"""Values as bytes, on standard output or in a file: one file for each output format, listed in `registry`."""
