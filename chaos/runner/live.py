"""What the ledger says while the run is under way: counts, what is in flight, completions over time.

The ledger is the one source of truth, so the runner reads the files as they grow instead of being told by the
load processes; what it shows and what it decides by is what the checks will see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chaos.clock import now_ns
from chaos.faults.protocol import InFlight
from chaos.ledger.events import Event, LedgerClosed
from chaos.ledger.records import FINISHED, NO_JOB, Kind, Outcome
from chaos.ledger.tail import LedgerTail
from chaos.report.watcher import Progress
from chaos.runner.latencies import LiveLatencies

_BUCKET_NS = 10_000_000
_KEPT_NS = 120_000_000_000

# For each thing that can be under way: the kind that begins it, and the kinds that end it.
_ENQUEUE = (Kind.ENQUEUE_INTENDED, (Kind.ENQUEUE_ACKNOWLEDGED, Kind.ENQUEUE_REFUSED, Kind.ENQUEUE_UNKNOWN))
_EXECUTION = (Kind.EXECUTION_STARTED, (Kind.EXECUTION_FINISHED,))
_ACK = (Kind.ACK_INTENDED, (Kind.ACK_ACKNOWLEDGED, Kind.ACK_REFUSED, Kind.ACK_UNKNOWN))


class LiveCounts:
    """Counts over a growing ledger. Nothing moves until `refresh` is called.

    Args:
        tail: Where the ledger was read up to.
        jobs: How many jobs there will be.
        latencies: Keep how long each job took, for probes that ask for it: it costs time with each record.
    """

    def __init__(self, tail: LedgerTail, jobs: int, *, latencies: bool = False) -> None:
        self._tail = tail
        self._jobs = jobs
        self._by_writer: dict[str, NDArray[np.int64]] = {}
        self._gone: set[str] = set()
        self._arrived = np.zeros(jobs, dtype=np.bool_)
        self._enqueued = np.zeros(jobs, dtype=np.bool_)
        self._settled = np.zeros(jobs, dtype=np.bool_)
        self._completions: Counter[int] = Counter()
        self._latencies = LiveLatencies(jobs) if latencies else None
        self._failures = 0
        self.last_progress_ns = now_ns()
        self.last_completion_ns = 0

    def refresh(self) -> None:
        """Take in what was written since the last time."""
        news = self._tail.poll()
        for writer, records in news:
            counts = self._by_writer.setdefault(writer, np.zeros(len(Kind) + 1, dtype=np.int64))
            counts += np.bincount(records["kind"], minlength=len(counts))[: len(counts)]
        if news:  # all at once: a few records are no cheaper to take in than many
            self._take(np.concatenate([records for _, records in news]))
        self._forget_old_completions()

    def take(self, event: Event) -> None:
        """Hear of an event of the run: what a process that is gone had under way is under way no longer."""
        if isinstance(event, LedgerClosed):
            self.writer_gone(event.component, event.incarnation)

    def writer_gone(self, component: str, incarnation: int) -> None:
        """This incarnation of a component writes no more, so nothing is under way with it."""
        self._gone.add(f"{component}.{incarnation}")

    def _take(self, records: NDArray[Any]) -> None:
        kinds, jobs = records["kind"], records["job"]
        known = (jobs != NO_JOB) & (jobs < self._jobs)
        self._arrived[jobs[known & (kinds == Kind.ENQUEUE_INTENDED)]] = True
        self._enqueued[jobs[known & (kinds == Kind.ENQUEUE_ACKNOWLEDGED)]] = True
        if self._latencies is not None:
            self._latencies.take(records)
        answered = kinds == Kind.ACK_ACKNOWLEDGED
        finished = answered & np.logical_or.reduce([records["value"] == state for state in FINISHED])
        self._settled[jobs[known & finished]] = True
        if finished.any():
            self.last_completion_ns = max(self.last_completion_ns, int(records["time_ns"][finished].max()))
        self._settled[jobs[known & (kinds == Kind.CANCEL_ACKNOWLEDGED)]] = True
        self._settled[jobs[known & (kinds == Kind.RETRY_ACKNOWLEDGED)]] = False
        succeeded = answered & (records["detail"] == Outcome.SUCCESS)
        self._failures += int(answered.sum() - succeeded.sum())
        self._completions.update((records["time_ns"][succeeded] // _BUCKET_NS).tolist())
        if (answered | (kinds == Kind.ENQUEUE_ACKNOWLEDGED) | (kinds == Kind.EXECUTION_STARTED)).any():
            self.last_progress_ns = now_ns()

    def _forget_old_completions(self) -> None:
        if len(self._completions) > 2 * _KEPT_NS // _BUCKET_NS:
            oldest = (now_ns() - _KEPT_NS) // _BUCKET_NS
            self._completions = Counter({b: n for b, n in self._completions.items() if b >= oldest})

    @property
    def arrived_jobs(self) -> int:
        """Distinct jobs that a producer has begun to enqueue."""
        return int(np.count_nonzero(self._arrived))

    @property
    def enqueued_jobs(self) -> int:
        """Distinct jobs whose enqueue was acknowledged."""
        return int(np.count_nonzero(self._enqueued))

    @property
    def unsettled_jobs(self) -> int:
        """Distinct jobs that were enqueued and of which no worker was told that they are in a final state."""
        return int(np.count_nonzero(self._enqueued & ~self._settled))

    @property
    def records(self) -> Mapping[Kind, int]:
        """How many records of each kind there are so far; kinds of which there is none are left out."""
        total = sum(self._by_writer.values(), np.zeros(len(Kind) + 1, dtype=np.int64))
        return {kind: int(total[kind]) for kind in Kind if total[kind]}

    def first_not_arrived(self, first: int, step: int) -> int:
        """The first of the jobs `first, first + step, …` that nobody has begun to enqueue; past the last if all."""
        share = self._arrived[first::step]
        missing = np.flatnonzero(~share)
        return first + step * int(missing[0] if len(missing) else len(share))

    def in_flight(self, components: Iterable[str] | None = None) -> InFlight:
        """What has begun and not ended with living processes: of these components, or of all."""
        chosen = None if components is None else frozenset(components)
        living = [
            counts
            for writer, counts in self._by_writer.items()
            if writer not in self._gone and (chosen is None or writer.rpartition(".")[0] in chosen)
        ]
        return InFlight(
            enqueues=_under_way(living, *_ENQUEUE),
            executions=_under_way(living, *_EXECUTION),
            acks=_under_way(living, *_ACK),
        )

    def completions_between(self, start_ns: int, end_ns: int) -> int:
        """Successes acknowledged from `start_ns` to `end_ns`, to 10 ms; at most 2 minutes back."""
        first, last = start_ns // _BUCKET_NS, end_ns // _BUCKET_NS
        return sum(number for bucket, number in self._completions.items() if first <= bucket < last)

    def latencies_between(self, start_ns: int, end_ns: int) -> Sequence[float]:
        """How long the jobs took, in seconds, whose first success was acknowledged in this time; 2 minutes back.

        Raises:
            RuntimeError: They are not kept.
        """
        if self._latencies is None:
            raise RuntimeError(
                "latencies are not kept in this run: a probe that asks for them must say `reads_latencies = True`"
            )
        return self._latencies.between(start_ns, end_ns)

    def progress(self) -> Progress:
        """How far the run is."""
        end_ns = now_ns()
        return Progress(
            jobs=self._jobs,
            acknowledged=self.enqueued_jobs,
            settled=int(np.count_nonzero(self._settled)),
            executing=self.in_flight().executions,
            failures=self._failures,
            completions_per_s=float(self.completions_between(end_ns - 1_000_000_000, end_ns)),
        )


def _under_way(living: Iterable[NDArray[np.int64]], begins: Kind, ends: tuple[Kind, ...]) -> int:
    return sum(max(0, int(counts[begins] - counts[list(ends)].sum())) for counts in living)
