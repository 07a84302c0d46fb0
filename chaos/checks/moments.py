"""Times of the few jobs to which something rare happened."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

NEVER: Final = np.iinfo(np.int64).max

Ints = NDArray[np.int64]
Jobs = NDArray[np.uint32]


class Moments:
    """When something first happened to each of a few jobs; a few bytes for each of these alone."""

    def __init__(self) -> None:
        self._parts: list[tuple[Jobs, Ints]] = []
        self._jobs: Jobs = np.zeros(0, np.uint32)
        self._times: Ints = np.zeros(0, np.int64)

    def add(self, jobs: Jobs, times_ns: NDArray[np.uint64]) -> None:
        """It happened to these jobs at these times."""
        if len(jobs):
            self._parts.append((jobs.copy(), times_ns.astype(np.int64)))

    def of(self, jobs: Jobs) -> Ints:
        """When it first happened to each of these; NEVER where it didn't."""
        self._settle()
        if not len(self._jobs):
            return np.full(len(jobs), NEVER, np.int64)
        at = np.minimum(np.searchsorted(self._jobs, jobs), len(self._jobs) - 1)
        found: Ints = np.where(self._jobs[at] == jobs, self._times[at], NEVER)
        return found

    def forget(self, jobs: NDArray[np.bool_]) -> None:
        """It did not happen to the jobs that are true here, by number."""
        self._settle()
        kept = ~jobs[self._jobs]
        self._jobs, self._times = self._jobs[kept], self._times[kept]

    def _settle(self) -> None:
        if not self._parts:
            return
        jobs = np.concatenate([self._jobs, *(jobs for jobs, _ in self._parts)])
        times = np.concatenate([self._times, *(times for _, times in self._parts)])
        self._parts.clear()
        order = np.lexsort((times, jobs))
        self._jobs, first = np.unique(jobs[order], return_index=True)
        self._times = times[order][first]
