"""How fast a run was: from the ledger alone, and from the time each job was due.

A job that is enqueued late because the queue stalled has waited since it was due; counting from then keeps a stall
from hiding itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chaos.checks.firsts import keep_first
from chaos.checks.tally import NEVER, Ints, Mask
from chaos.clock import seconds_between
from chaos.ledger.reader import Ledger, LedgerFile, Records
from chaos.ledger.records import Kind, Outcome

LATE_S: Final = 0.010
QUANTILES: Final = (0.50, 0.95, 0.99)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How long something took, in seconds, over `count` times; None where it never happened."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    highest: float | None


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The speed of a run.

    Attributes:
        load_s: How long the load took: from its start until the last enqueue was first sent.
        completed: Jobs whose success was acknowledged.
        throughput_per_s: Those completed within the load, for each second of it.
        overall_per_s: All of them, for each second from the load's start to the last of them.
        latency: From when a job was due until its success was acknowledged.
        enqueue_latency: From when a job was due until its enqueue was acknowledged.
        lateness: From when a job was due until its enqueue was first sent: what the load itself added.
        late_arrivals_share: Share of the jobs (0 to 1) that were sent more than 10 ms after they were due.
        completed_by: Jobs completed first by each worker.
        last_completion_ns: When the last job was completed.
        times: The times of each job, which all of this was made from.
    """

    load_s: float
    completed: int
    throughput_per_s: float
    overall_per_s: float
    latency: Spread
    enqueue_latency: Spread
    lateness: Spread
    late_arrivals_share: float
    completed_by: Mapping[str, int]
    last_completion_ns: int | None
    times: JobTimes = field(repr=False)
    _ledger: Ledger = field(repr=False)

    @property
    def arrival_lateness_p99_ms(self) -> float:
        """99th percentile of the lateness, in milliseconds."""
        return (self.lateness.p99 or 0.0) * 1e3

    def first_completion_after(self, time_ns: int) -> int | None:
        """When the first success at or after a time was acknowledged; None if none was."""
        found = (_first_completion(file, time_ns) for file in self._ledger.files)
        return min((completion for completion in found if completion is not None), default=None)

    def to_dict(self) -> dict[str, Any]:
        """For `results.json`: times in seconds, throughput in jobs a second."""
        return {
            "load_s": round(self.load_s, 3),
            "completed": self.completed,
            "throughput": round(self.throughput_per_s, 3),
            "overall_throughput": round(self.overall_per_s, 3),
            "latency": asdict(self.latency),
            "enqueue_latency": asdict(self.enqueue_latency),
            "lateness": asdict(self.lateness),
            "late_arrivals_share": round(self.late_arrivals_share, 5),
            "completed_by": dict(self.completed_by),
        }


def measure(ledger_directory: Path, start_ns: int) -> Metrics:
    """Measure a run's speed.

    Args:
        ledger_directory: The `ledger/` of a run, verified before.
        start_ns: When the load began.

    Raises:
        LedgerMissing: There is no ledger.
    """
    ledger = Ledger.open(ledger_directory)
    times = JobTimes(_enqueued(ledger))
    for index, file in enumerate(ledger.files):
        for records in file.chunks(verify=False):
            times.take(records, index)
    sent, done = times.sent_ns[times.sent_ns != NEVER], times.done_ns[times.done_ns != NEVER]
    load_end_ns = int(sent.max()) if len(sent) else start_ns
    last_ns = int(done.max()) if len(done) else None
    load_s = seconds_between(start_ns, load_end_ns)
    return Metrics(
        load_s=load_s,
        completed=len(done),
        throughput_per_s=_per_second(int(np.count_nonzero(done <= load_end_ns)), load_s),
        overall_per_s=_per_second(len(done), seconds_between(start_ns, last_ns or start_ns)),
        latency=_spread(_took_s(times.due_ns, times.done_ns)),
        enqueue_latency=_spread(_took_s(times.due_ns, times.acknowledged_ns)),
        lateness=_spread(late := _took_s(times.due_ns, times.sent_ns)),
        late_arrivals_share=np.count_nonzero(late > LATE_S) / max(len(late), 1),
        completed_by=_completed_by(ledger, times),
        last_completion_ns=last_ns,
        times=times,
        _ledger=ledger,
    )


def _enqueued(ledger: Ledger) -> int:
    """One more than the highest number of a job whose enqueue was tried."""
    highest = -1
    for file in ledger.files:
        for records in file.chunks(verify=False):
            intended = records["job"][records["kind"] == Kind.ENQUEUE_INTENDED]
            if len(intended):
                highest = max(highest, int(intended.max()))
    return highest + 1


class JobTimes:
    """The times of each job that was enqueued, by its number; NEVER where it did not happen.

    Attributes:
        due_ns: When it was due to be enqueued.
        sent_ns: When its enqueue was first sent.
        acknowledged_ns: When its enqueue was first acknowledged.
        started_ns: When it was first handed to a worker.
        done_ns: When its success was first acknowledged.
        done_by: The index of the file of the worker that was told so.
    """

    def __init__(self, jobs: int) -> None:
        self.due_ns = np.full(jobs, NEVER, np.int64)
        self.sent_ns = np.full(jobs, NEVER, np.int64)
        self.acknowledged_ns = np.full(jobs, NEVER, np.int64)
        self.started_ns = np.full(jobs, NEVER, np.int64)
        self.done_ns = np.full(jobs, NEVER, np.int64)
        self.done_by = np.full(jobs, -1, np.int16)

    def latency(self, jobs: Mask) -> Spread:
        """The time from when each of these jobs was due until it was done."""
        return _spread(_took_s(self.due_ns[jobs], self.done_ns[jobs]))

    def latency_of_due(self, begin_ns: int, end_ns: int) -> Spread:
        """The same of the jobs due in this time."""
        return self.latency(np.asarray((self.due_ns >= begin_ns) & (self.due_ns < end_ns)))

    def take(self, records: Records, file: int) -> None:
        """Learn from records of the file of this index."""
        kinds = records["kind"]
        intended = records[(kinds == Kind.ENQUEUE_INTENDED) & (records["detail"] == 0)]
        keep_first(self.due_ns, intended["job"], intended["value"])
        keep_first(self.sent_ns, intended["job"], intended["time_ns"])
        acknowledged = records[kinds == Kind.ENQUEUE_ACKNOWLEDGED]
        keep_first(self.acknowledged_ns, acknowledged["job"], acknowledged["time_ns"])
        started = records[kinds == Kind.EXECUTION_STARTED]
        keep_first(self.started_ns, started["job"], started["time_ns"])
        done = _completions(records)
        earlier = keep_first(self.done_ns, done["job"], done["time_ns"])
        self.done_by[earlier] = file


def _completions(records: Records) -> Records:
    done: Records = records[
        (records["kind"] == Kind.ACK_ACKNOWLEDGED) & (records["detail"] == Outcome.SUCCESS)
    ]
    return done


def _first_completion(file: LedgerFile, time_ns: int) -> int | None:
    for records in file.chunks(verify=False, first=file.first_since(time_ns)):
        done = _completions(records)
        if len(done):
            return int(done["time_ns"][0])
    return None


def _completed_by(ledger: Ledger, times: JobTimes) -> Mapping[str, int]:
    counts = np.bincount(times.done_by[times.done_by >= 0], minlength=len(ledger.files))
    by: dict[str, int] = {}
    for file, count in zip(ledger.files, counts.tolist(), strict=True):
        if count or file.header.component.startswith("worker"):
            by[file.header.component] = by.get(file.header.component, 0) + count
    return by


def _took_s(from_ns: Ints, to_ns: Ints) -> NDArray[np.float64]:
    known = (from_ns != NEVER) & (to_ns != NEVER)
    took: NDArray[np.float64] = (to_ns[known] - from_ns[known]) / 1e9
    return took


def _spread(took_s: NDArray[np.float64]) -> Spread:
    if not len(took_s):
        return Spread(count=0, p50=None, p95=None, p99=None, highest=None)
    p50, p95, p99 = quantiles(took_s).tolist()
    return Spread(count=len(took_s), p50=p50, p95=p95, p99=p99, highest=float(took_s.max()))


def quantiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The `QUANTILES` of at least one value; each is one of the values."""
    found: NDArray[np.float64] = np.quantile(values, QUANTILES, method="inverted_cdf")
    return found


def _per_second(count: int, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0
