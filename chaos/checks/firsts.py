"""When something happened to each job for the first time, whatever order the records are read in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaos.checks.tally import Ints, Jobs


def keep_first(firsts: NDArray[Any], jobs: Jobs, times: NDArray[Any]) -> Ints:
    """Keep the earliest time of each job.

    Args:
        firsts: By job number; changed here. Where nothing happened yet, it holds the highest number of its type.
        jobs: The jobs that something happened to; those that `firsts` has no place for are left out.
        times: When, for each of `jobs`.

    Returns:
        The jobs whose time is another one now.
    """
    planned = jobs < len(firsts)
    jobs, times = jobs[planned], times[planned].astype(firsts.dtype)
    earlier = times < firsts[jobs]
    np.minimum.at(firsts, jobs[earlier], times[earlier])
    moved: Ints = jobs[earlier].astype(np.int64)
    return moved
