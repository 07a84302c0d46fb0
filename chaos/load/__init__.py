"""The load: producers that enqueue jobs, workers that execute them, and the reader that asks for final states."""
