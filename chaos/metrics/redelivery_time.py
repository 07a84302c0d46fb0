"""`redelivery-time`: how long a job waits whose worker is gone."""

from __future__ import annotations

from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class RedeliveryTime(Metric):
    """The longest time between an execution that was never acknowledged and the next one of the same job."""

    name = "redelivery-time"
    unit = SECONDS
    better = Better.LOWER
    summary = "longest time from an execution that was never acknowledged to the next one of that job"

    def measure(self, evidence: Evidence) -> Measurement:
        """From receipt to receipt."""
        waits_s = evidence.retries.redelivered_after_s
        if not len(waits_s):
            return Measurement.untold("no execution was cut off and its job executed again")
        return Measurement(float(waits_s.max()), f"of {len(waits_s)} executions")
