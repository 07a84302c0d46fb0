"""`added-latency`: what the faults cost a job in time."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class AddedLatency(Metric):
    """The median latency of the jobs due while something was broken, less that of the jobs due before."""

    name = "added-latency"
    unit = SECONDS
    better = Better.LOWER
    summary = "median latency while something is broken, less that of the baseline"

    def measure(self, evidence: Evidence) -> Measurement:
        """At least 0."""
        if evidence.during_ns is None:
            return Measurement.untold("nothing was broken and mended under load")
        begin_ns, end_ns = evidence.during_ns
        times = evidence.speed.times
        before_s = times.latency_of_due(evidence.story.load_start_ns, begin_ns).p50
        during_s = times.latency_of_due(begin_ns, end_ns).p50
        if before_s is None or during_s is None:
            return Measurement.untold(
                "no job was completed that was due before, or none that was due meanwhile"
            )
        return Measurement(max(0.0, during_s - before_s))
