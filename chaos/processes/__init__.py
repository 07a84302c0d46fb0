"""Real processes: starting, watching, signalling and ending the ones that a run started, and no others."""
