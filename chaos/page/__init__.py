"""The page that `chaos ui` serves on this machine: the run under way, starting and halting, and what was kept."""
