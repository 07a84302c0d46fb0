"""`enqueue-rate`: how many jobs a second the queue takes."""

from __future__ import annotations

from chaos.checks.tally import NEVER
from chaos.clock import seconds_between
from chaos.experiment.metric_spec import JOBS_PER_SECOND, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_KEPT_PACE = 0.95


class EnqueueRate(Metric):
    """Acknowledged jobs, for each second from the load's start to the last acknowledgement."""

    name = "enqueue-rate"
    unit = JOBS_PER_SECOND
    better = Better.HIGHER
    summary = "jobs acknowledged a second"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over all producers."""
        times, rate = evidence.speed.times.acknowledged_ns, evidence.experiment.load.rate
        acknowledged = times[times != NEVER]
        last_ns = int(acknowledged.max(initial=0))
        taken_s = seconds_between(evidence.story.load_start_ns, last_ns)
        if taken_s <= 0:
            return Measurement.untold("no job was acknowledged under load")
        value = len(acknowledged) / taken_s
        if rate == "max" or value < _KEPT_PACE * rate:
            return Measurement(value)
        return Measurement(value, f"all that arrived: {rate:g} jobs/s", held_by_load=True)
