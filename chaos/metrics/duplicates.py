"""`duplicates`: how many jobs were enqueued or executed more than promised."""

from __future__ import annotations

from chaos.checks.findings import CheckName, Status
from chaos.experiment.metric_spec import JOBS, Better, Levels
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class Duplicates(Metric):
    """What the check `duplication` counts. One is too many."""

    name = "duplicates"
    unit = JOBS
    better = Better.LOWER
    summary = "jobs enqueued or executed more often than promised"
    levels = Levels(target=0, acceptable=0, critical=0)

    def measure(self, evidence: Evidence) -> Measurement:
        """The distinct jobs that the check found."""
        found = evidence.outcome.result(CheckName.DUPLICATION)
        if found.status is Status.UNKNOWN and not found.count:
            return Measurement.untold("; ".join(found.reasons))
        return Measurement(found.count)
