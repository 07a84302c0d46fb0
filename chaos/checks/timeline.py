"""What a run did over time: counts, states and latency in a few hundred bins of equal length.

The ledger is read once, a few bytes are kept for each job, and a bin is long enough that there are at most `MOST_BINS`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chaos.checks.firsts import keep_first
from chaos.checks.metrics import QUANTILES, quantiles
from chaos.checks.tally import ENDS_A_JOB, NEVER, Ints, producers_first
from chaos.ledger.events import ComponentDown
from chaos.ledger.reader import Ledger, LedgerFile, Records
from chaos.ledger.records import FINISHED, Kind, Outcome

Bins = NDArray[np.uint16]
Floats = NDArray[np.float64]

MOST_BINS: Final = 400
SHORTEST_BIN_S: Final = 0.2
_NO_BIN: Final = np.iinfo(np.uint16).max
_ROOM: Final = 1024


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """What happened in each bin, from the start of the load to the end of the run.

    The first group counts what happened within a bin, the second what was so at its end; the third is about the jobs
    completed within it, in seconds since each was due, and NaN where none was.

    Attributes:
        bin_s: How long a bin is: 1, 2 or 5 times a power of ten.
        enqueued: Jobs whose enqueue was first sent.
        acknowledged: Jobs whose enqueue was first acknowledged.
        started: Executions that began.
        completed: Jobs whose success was first acknowledged.
        failed: Executions that ended without success.
        refused: Enqueues and acks that were refused.
        unanswered: Enqueues and acks that got no answer, so that nobody knows whether they took effect.
        waiting: Jobs that the system has, that are not done, and that nobody executes.
        running: Executions under way.
        done: Jobs that somebody was told are in a final state.
        latency_p50, latency_p95, latency_p99: Quantiles of the latency.
    """

    bin_s: float
    enqueued: Ints
    acknowledged: Ints
    started: Ints
    completed: Ints
    failed: Ints
    refused: Ints
    unanswered: Ints
    waiting: Ints
    running: Ints
    done: Ints
    latency_p50: Floats
    latency_p95: Floats
    latency_p99: Floats

    @property
    def bins(self) -> int:
        """How many there are."""
        return len(self.enqueued)

    @property
    def ends_s(self) -> Floats:
        """When each bin ends, in seconds from the start of the load."""
        return np.arange(1, self.bins + 1) * np.float64(self.bin_s)


def timeline(ledger_directory: Path, start_ns: int) -> Timeline:
    """Read a run's ledger into a timeline.

    Args:
        ledger_directory: The `ledger/` of a run, verified before.
        start_ns: When the load began. What happened before is counted in the first bin.

    Raises:
        LedgerMissing: There is no ledger.
    """
    ledger = Ledger.open(ledger_directory)
    axis = _Axis.to(_end_ns(ledger), start_ns)
    counts = _Counts(axis, _downs(ledger))
    for index in producers_first(ledger.files):
        counts.read(ledger.files[index])
    return counts.timeline()


@dataclass(frozen=True)
class _Axis:
    """The bins: when the first begins, how long each is, how many there are."""

    start_ns: int
    bin_ns: int
    bins: int

    @classmethod
    def to(cls, end_ns: int, start_ns: int) -> _Axis:
        """Bins from `start_ns` that hold `end_ns`."""
        length_ns = max(end_ns - start_ns, 0) + 1
        bin_ns = next(size for size in _sizes_ns() if math.ceil(length_ns / size) <= MOST_BINS)
        return cls(start_ns, bin_ns, math.ceil(length_ns / bin_ns))

    def bin_of(self, times_ns: NDArray[np.uint64] | Ints) -> Ints:
        """The bin of each time; those of the start belong to the first, those after the end to the last."""
        bins: Ints = np.clip((times_ns.astype(np.int64) - self.start_ns) // self.bin_ns, 0, self.bins - 1)
        return bins

    def count(self, bins: Bins | Ints) -> Ints:
        """How often each bin is named."""
        return np.bincount(bins[bins != _NO_BIN], minlength=self.bins)


def _sizes_ns() -> Iterator[int]:
    size_ns = round(SHORTEST_BIN_S * 1e9)
    while True:
        yield from (size_ns, 2 * size_ns, 5 * size_ns)
        size_ns *= 10


class _Counts:
    """What the records read so far say: counts by bin, and a few firsts of each job."""

    def __init__(self, axis: _Axis, downs: dict[str, int]) -> None:
        self._axis = axis
        self._downs = downs
        self._by_kind = {kind: np.zeros(axis.bins, np.int64) for kind in Kind}
        self._failed = np.zeros(axis.bins, np.int64)
        self._running_change = np.zeros(axis.bins, np.int64)
        self._jobs = _Firsts(_ROOM)

    def read(self, file: LedgerFile) -> None:
        """Count a file's records. What its process had under way when it was gone is under way no longer."""
        under_way = sum(self._take(records) for records in file.chunks(verify=False))
        if (down_ns := self._downs.get(file.writer)) is not None:
            self._running_change[self._axis.bin_of(np.array([down_ns]))] -= under_way

    def _take(self, records: Records) -> int:
        """Count these, and say how many more executions are under way after them."""
        kinds, bins = records["kind"], self._axis.bin_of(records["time_ns"])
        for kind in np.unique(kinds).tolist():
            self._by_kind[Kind(kind)] += self._axis.count(bins[kinds == kind])
        ended = kinds == Kind.EXECUTION_FINISHED
        self._failed += self._axis.count(bins[ended & (records["detail"] != Outcome.SUCCESS)])
        change = self._axis.count(bins[kinds == Kind.EXECUTION_STARTED]) - self._axis.count(bins[ended])
        self._running_change += change
        self._jobs.take(records, bins)
        return int(change.sum())

    def timeline(self) -> Timeline:
        """The counts as they are now."""
        by_kind, jobs, count = self._by_kind, self._jobs, self._axis.count
        jobs.forget_unsent()
        running, done = np.cumsum(self._running_change), np.cumsum(count(jobs.done))
        p50, p95, p99 = jobs.latency(self._axis)
        return Timeline(
            bin_s=self._axis.bin_ns / 1e9,
            enqueued=count(jobs.sent),
            acknowledged=count(jobs.acknowledged),
            started=by_kind[Kind.EXECUTION_STARTED],
            completed=count(self._axis.bin_of(jobs.completed_ns[jobs.completed_ns != NEVER])),
            failed=self._failed,
            refused=by_kind[Kind.ENQUEUE_REFUSED] + by_kind[Kind.ACK_REFUSED],
            unanswered=by_kind[Kind.ENQUEUE_UNKNOWN] + by_kind[Kind.ACK_UNKNOWN],
            waiting=np.maximum(np.cumsum(count(jobs.known)) - done - running, 0),
            running=running,
            done=done,
            latency_p50=p50,
            latency_p95=p95,
            latency_p99=p99,
        )


class _Firsts:
    """For each job the bin in which something first was so, and the times that its latency needs.

    Whether a number is that of a job is known once all producers were read; `forget_unsent` then drops the others.

    Attributes:
        sent: Its enqueue was sent.
        acknowledged: Its enqueue was acknowledged.
        known: The system is known to have it: its enqueue was acknowledged, or it was executed, or it is done.
        done: Somebody was told that it is in a final state.
        due_ns: When it was due.
        completed_ns: When its success was acknowledged.
    """

    def __init__(self, jobs: int) -> None:
        self.sent = np.full(jobs, _NO_BIN, np.uint16)
        self.acknowledged = np.full(jobs, _NO_BIN, np.uint16)
        self.known = np.full(jobs, _NO_BIN, np.uint16)
        self.done = np.full(jobs, _NO_BIN, np.uint16)
        self.due_ns = np.full(jobs, NEVER, np.int64)
        self.completed_ns = np.full(jobs, NEVER, np.int64)

    def take(self, records: Records, bins: Ints) -> None:
        """Learn from these records."""
        kinds, details, jobs = records["kind"], records["detail"], records["job"]
        intended = kinds == Kind.ENQUEUE_INTENDED
        if intended.any():
            self._make_room(int(jobs[intended].max()) + 1)
        acknowledged = kinds == Kind.ENQUEUE_ACKNOWLEDGED
        succeeded = (kinds == Kind.ACK_ACKNOWLEDGED) & (details == Outcome.SUCCESS)
        done = _done(records)
        known = acknowledged | done | (kinds == Kind.EXECUTION_STARTED)
        keep_first(self.sent, jobs[intended], bins[intended])
        keep_first(self.due_ns, jobs[intended], records["value"][intended])
        keep_first(self.acknowledged, jobs[acknowledged], bins[acknowledged])
        keep_first(self.known, jobs[known], bins[known])
        keep_first(self.done, jobs[done], bins[done])
        keep_first(self.completed_ns, jobs[succeeded], records["time_ns"][succeeded])

    def forget_unsent(self) -> None:
        """Forget the jobs that nobody ever sent."""
        unsent = self.sent == _NO_BIN
        for bins in (self.acknowledged, self.known, self.done):
            bins[unsent] = _NO_BIN
        self.completed_ns[unsent] = NEVER

    def latency(self, axis: _Axis) -> Floats:
        """The quantiles of each bin, one row a quantile."""
        both = (self.due_ns != NEVER) & (self.completed_ns != NEVER)
        bins = axis.bin_of(self.completed_ns[both]).astype(np.uint16)
        order = np.argsort(bins, kind="stable")
        took_s = ((self.completed_ns[both] - self.due_ns[both]) / 1e9)[order]
        ends = np.searchsorted(bins[order], np.arange(axis.bins), side="right")
        found = np.full((len(QUANTILES), axis.bins), np.nan)
        for number, of_bin in enumerate(np.split(took_s, ends[:-1])):
            if len(of_bin):
                found[:, number] = quantiles(of_bin)
        return found

    def _make_room(self, jobs: int) -> None:
        have = len(self.sent)
        if jobs > have:
            more = _Firsts(max(jobs, 2 * have) - have)
            for name, array in vars(self).items():
                setattr(self, name, np.concatenate([array, getattr(more, name)]))


def _done(records: Records) -> NDArray[np.bool_]:
    """Which records tell somebody that a job is in a final state."""
    kinds, details = records["kind"], records["detail"]
    answered = kinds == Kind.ACK_ACKNOWLEDGED
    final = np.isin(details, (Outcome.SUCCESS, Outcome.FAILURE_NO_RETRY))
    ended = ENDS_A_JOB[np.minimum(records["value"], np.uint64(255))]
    read = (kinds == Kind.FINAL_STATE) & np.isin(details, FINISHED)
    told: NDArray[np.bool_] = (answered & (final | ended)) | read | (kinds == Kind.CANCEL_ACKNOWLEDGED)
    return told


def _downs(ledger: Ledger) -> dict[str, int]:
    """When each process was gone, by the name of its ledger file."""
    return {
        f"{event.component}.{event.incarnation}": event.time_ns
        for event in ledger.events
        if isinstance(event, ComponentDown)
    }


def _end_ns(ledger: Ledger) -> int:
    """The time of the last record or event."""
    last = (records["time_ns"][-1] for file in ledger.files for records in _last_of(file))
    return max((*map(int, last), *(event.time_ns for event in ledger.events[-1:])), default=0)


def _last_of(file: LedgerFile) -> Iterator[Records]:
    return file.chunks(verify=False, first=max(file.records - 1, 0))
