"""`quick-latency` and `quick-latency-median`: whether quick jobs are held up by slow ones."""

from __future__ import annotations

import numpy as np

from chaos.checks.metrics import Spread
from chaos.experiment.metric_spec import SECONDS, Better
from chaos.load.slowness import is_slow
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class QuickLatency(Metric):
    """The latency of the jobs that are not slow, in a load where some are: its 99th percentile."""

    name = "quick-latency"
    unit = SECONDS
    better = Better.LOWER
    summary = "99th percentile of the latency of quick jobs, in a load with slow ones"

    def measure(self, evidence: Evidence) -> Measurement:
        """From when each was due until it was done."""
        slow, seed, times = evidence.experiment.load.job.slow, evidence.story.start.seed, evidence.speed.times
        if slow is None or not slow.share:
            return Measurement.untold("the load has no slow jobs")
        quick = np.array([not is_slow(slow.share, seed, job) for job in range(len(times.due_ns))], np.bool_)
        latency_s = self.of(times.latency(quick))
        return (
            Measurement.untold("no quick job was completed") if latency_s is None else Measurement(latency_s)
        )

    @staticmethod
    def of(latency: Spread) -> float | None:
        """The quantile that counts."""
        return latency.p99


class MedianQuickLatency(QuickLatency):
    """The median of the same: a fault that cuts off a few quick jobs does not move it, slow jobs ahead of most do."""

    name = "quick-latency-median"
    summary = "median of the latency of quick jobs, in a load with slow ones"

    @staticmethod
    def of(latency: Spread) -> float | None:
        """The quantile that counts."""
        return latency.p50
