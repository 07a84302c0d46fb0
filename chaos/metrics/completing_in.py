"""`completing-in`: how long it takes until jobs are completed again."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class CompletingIn(Metric):
    """The recovery time of the same meaning, as a number that can be graded and compared."""

    name = "completing-in"
    unit = SECONDS
    better = Better.LOWER
    summary = "time from the start of a broken component's new process until a job was completed"

    def measure(self, evidence: Evidence) -> Measurement:
        """The slowest, if it was asked of several."""
        time_s = evidence.recovery.first_completion_s
        if time_s is None:
            return Measurement.untold("no component was started anew, or no job was completed after")
        return Measurement(time_s)
