"""`drained-in`: how long the queue takes to come to rest once the load has ended."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class DrainedIn(Metric):
    """The recovery time of the same meaning, as a number that can be graded and compared."""

    name = "drained-in"
    unit = SECONDS
    better = Better.LOWER
    summary = "time from the end of the load until no job was left that is not terminal"

    def measure(self, evidence: Evidence) -> Measurement:
        """The slowest, if it was asked of several."""
        time_s = evidence.recovery.drained_s
        if time_s is None:
            return Measurement.untold("the queue did not come to rest")
        return Measurement(time_s)
