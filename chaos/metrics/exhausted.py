"""Jobs that the load made fail on every attempt they had."""

from __future__ import annotations

import numpy as np

from chaos.checks.tally import Fact, Mask
from chaos.metrics.evidence import Evidence


def exhausted(evidence: Evidence) -> Mask:
    """Which jobs have as many acknowledged failures as attempts, and no success."""
    tally, most = evidence.outcome.tally, evidence.experiment.load.job.max_attempts
    return np.asarray((tally.failures_acknowledged >= most) & ~tally.knows(Fact.SUCCESS_ACKNOWLEDGED))
