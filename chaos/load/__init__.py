"""The load: producers enqueue jobs, workers execute them, and the reader asks what became of each."""
