"""What a query does, resolved: plain data that the compiler turns into Python."""
