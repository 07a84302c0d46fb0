"""The wait before a retry that the load asked for."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chaos.checks.tally import Ints
from chaos.experiment.model import Backoff, Job

JITTER: Final = 0.1
"""By what share of itself a wait may move either way: the wire contract's default, which the load leaves in place."""

_MOST_DOUBLINGS: Final = 62


def asked_s(job: Job, failures: Ints) -> NDArray[np.float64]:
    """The wait after each of these numbers of failures, from 1, without jitter."""
    match job.backoff:
        case Backoff.FIXED:
            growth = np.ones(len(failures))
        case Backoff.LINEAR:
            growth = failures.astype(np.float64)
        case Backoff.EXPONENTIAL:
            growth = 2.0 ** np.minimum(failures - 1, _MOST_DOUBLINGS)
    return np.minimum(job.initial_delay_s * growth, job.max_delay_s)
