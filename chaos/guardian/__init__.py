"""What undoes a run's faults and ends its processes, whoever died: the undo log, and the process that acts on it."""
