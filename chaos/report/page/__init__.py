"""The parts of the page `report.html`: each makes plain values of a run, which the template only sets out."""
