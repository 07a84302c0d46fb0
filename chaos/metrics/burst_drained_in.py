"""`burst-drained-in`: how long a burst of jobs keeps the queue busy."""

from __future__ import annotations

import numpy as np

from chaos.checks.tally import NEVER
from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class BurstDrainedIn(Metric):
    """The longest time from when a burst was due until the last of its jobs that was ever done was done."""

    name = "burst-drained-in"
    unit = SECONDS
    better = Better.LOWER
    summary = "longest time from a burst's arrival until its jobs were done"

    def measure(self, evidence: Evidence) -> Measurement:
        """If this is shorter than the time between two bursts, the queue is empty before each."""
        load, times = evidence.experiment.load, evidence.speed.times
        if load.burst == 1:
            return Measurement.untold("the load has no bursts")
        known = (times.due_ns != NEVER) & (times.done_ns != NEVER)
        if not known.any():
            return Measurement.untold("no job was completed")
        took_ns = (times.done_ns - times.due_ns)[known]
        return Measurement(float(np.max(took_ns)) / 1e9)
