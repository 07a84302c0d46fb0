"""The phases of a run and its timeline."""
