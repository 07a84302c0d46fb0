"""Speaking to the databases that systems keep their jobs in."""
