"""`success-rate`: which share of the jobs succeeded that could."""

from __future__ import annotations

import numpy as np

from chaos.experiment.metric_spec import SHARES, Better, Levels
from chaos.ledger.records import State
from chaos.metrics.evidence import Evidence
from chaos.metrics.exhausted import exhausted
from chaos.metrics.protocol import Measurement, Metric


class SuccessRate(Metric):
    """Of the jobs that the queue took, less those that the load made fail on every attempt they had."""

    name = "success-rate"
    unit = SHARES
    better = Better.HIGHER
    summary = "share of the jobs that succeeded, of those that the load let succeed"
    levels = Levels(target=1.0, acceptable=0.999, critical=0.99)

    def measure(self, evidence: Evidence) -> Measurement:
        """Acknowledged jobs whose last word is success."""
        tally = evidence.outcome.tally
        could = tally.answered & ~exhausted(evidence)
        if not could.any():
            return Measurement.untold("no job was acknowledged that could succeed")
        if unread := int(np.count_nonzero(could & ~tally.read)):
            return Measurement.untold(f"the final state of {unread} jobs is not known")
        succeeded = could & (tally.final(State.SUCCESS) | self._forgotten_as_done(evidence))
        return Measurement(int(np.count_nonzero(succeeded)) / int(np.count_nonzero(could)))

    @staticmethod
    def _forgotten_as_done(evidence: Evidence) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Jobs that the system no longer knows, by right, because it forgets what succeeded."""
        tally, system = evidence.outcome.tally, evidence.story.system
        forgets = system is not None and not system.description.get("keeps_finished", False)
        return np.asarray(forgets & tally.final(State.ABSENT) & (tally.successes_open > 0))
