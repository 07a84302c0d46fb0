"""Numbers about a finished run, one file each."""
