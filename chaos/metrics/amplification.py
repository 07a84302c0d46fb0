"""`amplification`: whether retries made more work than there was."""

from __future__ import annotations

import numpy as np

from chaos.experiment.metric_spec import EXECUTIONS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.exhausted import exhausted
from chaos.metrics.protocol import Measurement, Metric


class Amplification(Metric):
    """Executions for each one that was due: one a job, and one more for each failure that had an attempt left."""

    name = "amplification"
    unit = EXECUTIONS
    better = Better.LOWER
    summary = "executions for each one that was due"

    def measure(self, evidence: Evidence) -> Measurement:
        """1 where nothing was executed in vain; more where a queue hands out again what needs it not."""
        totals = evidence.outcome.totals
        if not totals.executed:
            return Measurement.untold("no job was executed")
        last_failures = int(np.count_nonzero(exhausted(evidence)))
        due = totals.executed + totals.failures - last_failures
        return Measurement(totals.executions / due)
