"""Kept runs: listing, naming, comparing, their trends, what they prove of a system, and throwing old ones away."""
