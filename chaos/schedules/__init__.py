"""Experiments that are run by themselves at set times, and the record of what became of each time."""
