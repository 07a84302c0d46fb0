"""`throughput-kept`: what is left of the throughput while something is broken."""

from __future__ import annotations

import numpy as np

from chaos.clock import seconds_between
from chaos.experiment.metric_spec import SHARES, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class ThroughputKept(Metric):
    """Completions a second from the first fault until the last is undone, against those of the baseline."""

    name = "throughput-kept"
    unit = SHARES
    better = Better.HIGHER
    summary = "throughput while something is broken, against that of the baseline"

    def measure(self, evidence: Evidence) -> Measurement:
        """At most 100 %: a queue that catches up is not better than before."""
        if evidence.during_ns is None:
            return Measurement.untold("nothing was broken and mended under load")
        begin_ns, end_ns = evidence.during_ns
        before = self._per_second(evidence, evidence.story.load_start_ns, begin_ns)
        if not before:
            return Measurement.untold("no job was completed before the first fault")
        return Measurement(min(1.0, self._per_second(evidence, begin_ns, end_ns) / before))

    @staticmethod
    def _per_second(evidence: Evidence, begin_ns: int, end_ns: int) -> float:
        done = evidence.speed.times.done_ns
        lasted_s = seconds_between(begin_ns, end_ns)
        return float(np.count_nonzero((done >= begin_ns) & (done < end_ns)) / lasted_s) if lasted_s else 0.0
