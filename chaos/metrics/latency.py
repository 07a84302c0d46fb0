"""`latency`: how long a job takes, from when it was due to be enqueued until its success was acknowledged."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better, Levels
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class Latency(Metric):
    """The 99th percentile. A job's own duration is part of it, and so is all the time that it waited."""

    name = "latency"
    unit = SECONDS
    better = Better.LOWER
    summary = "99th percentile of the time from when a job was due until it was done"
    levels = Levels(target=0.1, acceptable=0.5, critical=1.0)

    def measure(self, evidence: Evidence) -> Measurement:
        """The 99th percentile over all completed jobs."""
        p99_s, load = evidence.speed.latency.p99, evidence.experiment.load
        if p99_s is None:
            return Measurement.untold("no job was completed")
        if load.rate == "max":
            return Measurement(
                p99_s, "all jobs are enqueued at once and wait for each other", held_by_load=True
            )
        if load.job.duration_s >= self.levels.target:
            return Measurement(p99_s, f"a job takes {load.job.duration_s:g} s by itself", held_by_load=True)
        return Measurement(p99_s)
