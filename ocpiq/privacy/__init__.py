"""What a query may see: the view of each source, and what is demanded of it. No bytes here."""
