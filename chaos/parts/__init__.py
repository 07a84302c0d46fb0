"""Programs that the toolkit needs and does not carry: fetched once, verified, kept in a cache."""
