"""`queue-peak`: how many jobs waited at the worst moment."""

from __future__ import annotations

import numpy as np

from chaos.checks.tally import NEVER
from chaos.experiment.metric_spec import JOBS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class QueuePeak(Metric):
    """The most jobs that were acknowledged and not yet handed to a worker for the first time."""

    name = "queue-peak"
    unit = JOBS
    better = Better.LOWER
    summary = "most jobs that waited for their first execution at one time"

    def measure(self, evidence: Evidence) -> Measurement:
        """A queue is longest right after an acknowledgement, so it is counted there."""
        times = evidence.speed.times
        taken = times.acknowledged_ns != NEVER
        if not taken.any():
            return Measurement.untold("no job was acknowledged")
        acknowledged = np.sort(times.acknowledged_ns[taken])
        # A worker may have a job before its producer has the answer: then it never waited.
        started = np.sort(np.maximum(times.started_ns, times.acknowledged_ns)[taken])
        waiting = np.arange(1, len(acknowledged) + 1) - np.searchsorted(started, acknowledged, side="right")
        return Measurement(int(waiting.max()))
