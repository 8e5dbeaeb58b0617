"""The decision what a query may see: the view of each source and the fields demanded of it. No bytes here."""
