"""`attempts`: how often a job is executed, on average."""

from __future__ import annotations

from chaos.experiment.metric_spec import EXECUTIONS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class Attempts(Metric):
    """Executions a job, over the jobs that were executed. The load's failure rate decides what is right."""

    name = "attempts"
    unit = EXECUTIONS
    better = Better.NEITHER
    summary = "executions a job, on average"

    def measure(self, evidence: Evidence) -> Measurement:
        """All executions by all executed jobs."""
        totals = evidence.outcome.totals
        if not totals.executed:
            return Measurement.untold("no job was executed")
        return Measurement(totals.executions / totals.executed)
