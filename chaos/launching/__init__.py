"""Running `chaos run` as a process of its own, for those who run many: started so that it is never forgotten, and
cleared up after whoever started it was killed."""
