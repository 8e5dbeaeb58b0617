"""Regular expressions in Oniguruma's syntax."""
