"""The verdict: one function of a run's directory, the same during a run and ever after."""
