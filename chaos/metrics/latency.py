"""`latency`: how long a job takes, from when it was due to be enqueued until its success was acknowledged."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better, Levels
from chaos.experiment.model import Load
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_ONE_IN_A_HUNDRED = 0.01


class Latency(Metric):
    """The 99th percentile. A job's own duration is part of it, and so is all the time that it waited."""

    name = "latency"
    unit = SECONDS
    better = Better.LOWER
    summary = "99th percentile of the time from when a job was due until it was done"
    levels = Levels(target=0.1, acceptable=0.5, critical=1.0)

    def measure(self, evidence: Evidence) -> Measurement:
        """The 99th percentile over all completed jobs."""
        p99_s = evidence.speed.latency.p99
        if p99_s is None:
            return Measurement.untold("no job was completed")
        why = _slow_by_itself(evidence.experiment.load, self.levels.target)
        return Measurement(p99_s, why, held_by_load=bool(why))


def _slow_by_itself(load: Load, target_s: float) -> str:
    """Why no queue could do one in a hundred of these jobs in that time; empty if one could."""
    job = load.job
    if load.rate == "max":
        return "all jobs are enqueued at once and wait for each other"
    if job.duration_s >= target_s or (job.slow is not None and job.slow.share >= _ONE_IN_A_HUNDRED):
        return "the jobs take that long by themselves"
    if job.failure_rate >= _ONE_IN_A_HUNDRED and job.initial_delay_s >= target_s:
        return "jobs that fail wait for their next attempt"
    return ""
