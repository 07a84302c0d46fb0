"""`enqueue-latency`: how long a producer waits for an answer."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class EnqueueLatency(Metric):
    """The 99th percentile of the time from when a job was due until its enqueue was acknowledged."""

    name = "enqueue-latency"
    unit = SECONDS
    better = Better.LOWER
    summary = "99th percentile of the time from when a job was due until it was acknowledged"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over all acknowledged jobs."""
        p99_s = evidence.speed.enqueue_latency.p99
        return Measurement.untold("no job was acknowledged") if p99_s is None else Measurement(p99_s)
