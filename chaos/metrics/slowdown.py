"""`slowdown`: whether the queue gets slower as it works."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_PART = 0.2
_LEAST_S = 5.0


class Slowdown(Metric):
    """The median latency of the jobs due in the last fifth of the load, less that of those due in its first fifth."""

    name = "slowdown"
    unit = SECONDS
    better = Better.LOWER
    summary = "median latency in the last fifth of the load, less that in its first fifth"

    def measure(self, evidence: Evidence) -> Measurement:
        """At least 0."""
        load, speed = evidence.experiment.load, evidence.speed
        if load.rate == "max":
            return Measurement.untold(
                "all jobs are enqueued at once, so the later ones wait for the earlier ones"
            )
        if speed.load_s < _LEAST_S:
            return Measurement.untold(f"the load took less than {_LEAST_S:g} s")
        start_ns, part_ns = evidence.story.load_start_ns, round(speed.load_s * _PART * 1e9)
        end_ns = start_ns + round(speed.load_s * 1e9)
        first_s = speed.times.latency_of_due(start_ns, start_ns + part_ns).p50
        last_s = speed.times.latency_of_due(end_ns - part_ns, end_ns).p50
        if first_s is None or last_s is None:
            return Measurement.untold("no job was completed in the first or in the last fifth of the load")
        return Measurement(max(0.0, last_s - first_s))
