"""Watching a run from the side: what its processes use, what their logs say, and whether anything still happens."""
