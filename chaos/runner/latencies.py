"""How long jobs took that were completed a short while ago, while the run is under way.

A job's latency counts from the moment when it was due, as it does in the results.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chaos.clock import now_ns
from chaos.ledger.reader import Records
from chaos.ledger.records import NO_JOB, Kind, Outcome

KEPT_NS: Final = 120_000_000_000
_TICK_NS: Final = 100_000  # 32 bits of these are 119 hours
_UNKNOWN: Final = np.iinfo(np.uint32).max
_DONE: Final = 0


class LiveLatencies:
    """The latencies of the last two minutes. Four bytes a job, and sixteen for each job completed lately.

    Args:
        jobs: How many jobs there will be.
    """

    def __init__(self, jobs: int) -> None:
        self._origin_ns = now_ns()
        self._jobs = jobs
        self._due = np.full(jobs, _UNKNOWN, dtype=np.uint32)
        self._completed: deque[tuple[NDArray[np.int64], NDArray[np.float64]]] = deque()

    def take(self, records: Records) -> None:
        """Take in records, those of each writer in their order."""
        kinds, known = records["kind"], (records["job"] != NO_JOB) & (records["job"] < self._jobs)
        planned = records[known & (kinds == Kind.ENQUEUE_INTENDED) & (records["detail"] == 0)]
        if len(planned):
            ticks = (planned["value"].astype(np.int64) - self._origin_ns) // _TICK_NS
            fits = (ticks > _DONE) & (ticks < _UNKNOWN)
            np.minimum.at(self._due, planned["job"][fits], ticks[fits].astype(np.uint32))
        done = records[known & (kinds == Kind.ACK_ACKNOWLEDGED) & (records["detail"] == Outcome.SUCCESS)]
        if len(done):
            self._take_completions(done)

    def _take_completions(self, done: Records) -> None:
        """Only a job's first success counts: after it, no due time is known of it, nor will be."""
        jobs, first = np.unique(done["job"], return_index=True)
        due = self._due[jobs]
        known = (due != _UNKNOWN) & (due != _DONE)
        times_ns = done["time_ns"][first][known].astype(np.int64)
        took_s = (times_ns - self._origin_ns - due[known].astype(np.int64) * _TICK_NS) / 1e9
        self._due[jobs] = _DONE
        self._completed.append((times_ns, took_s))
        oldest_ns = now_ns() - KEPT_NS
        while self._completed and (not len(self._completed[0][0]) or self._completed[0][0].max() < oldest_ns):
            self._completed.popleft()

    def between(self, start_ns: int, end_ns: int) -> Sequence[float]:
        """How long each job took, in seconds, that was completed in this time."""
        found = [took_s[(start_ns <= times_ns) & (times_ns < end_ns)] for times_ns, took_s in self._completed]
        return np.concatenate(found).tolist() if found else []
