"""The templates of the record."""
