"""`dead-after-last-attempt`: whether jobs are given up once they have failed as often as they may."""

from __future__ import annotations

import numpy as np

from chaos.experiment.metric_spec import SHARES, Better
from chaos.ledger.records import State
from chaos.metrics.evidence import Evidence
from chaos.metrics.exhausted import exhausted
from chaos.metrics.protocol import Measurement, Metric


class DeadAfterLastAttempt(Metric):
    """Of the jobs that failed on every attempt they had, those that the system has as dead."""

    name = "dead-after-last-attempt"
    unit = SHARES
    better = Better.HIGHER
    summary = "share of the jobs dead, of those that failed on every attempt they had"

    def measure(self, evidence: Evidence) -> Measurement:
        """The system's last word on each of them."""
        tally, spent = evidence.outcome.tally, exhausted(evidence)
        count = int(np.count_nonzero(spent))
        if not count:
            return Measurement.untold("no job failed on every attempt it had")
        dead = int(np.count_nonzero(spent & tally.final(State.DEAD)))
        return Measurement(dead / count, f"{dead} of {count} jobs")
