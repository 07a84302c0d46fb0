"""The first reading of a ledger: what came of each job, counted in one pass, a few bytes for each job.

Everything that can be said of a job without the order of its executions is here. The rest needs the executions of few
jobs in full; see `chaos.checks.executions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chaos.checks.moments import NEVER as NEVER
from chaos.checks.moments import Moments
from chaos.ledger.damage import LedgerDamaged
from chaos.ledger.reader import RECORD, Ledger, LedgerFile, Records
from chaos.ledger.records import (
    FIRST_SCHEDULE,
    HEADER_BYTES,
    NO_JOB,
    RECORD_BYTES,
    SCHEDULE_CALLS,
    Kind,
    Outcome,
    Payload,
    Request,
    State,
)

Ints = NDArray[np.int64]
Jobs = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Mask = NDArray[np.bool_]

_ONE: Final = np.uint32(1)


class Fact(IntFlag):
    """What is known of a job, one bit each."""

    SUCCESS_INTENDED = 1
    SUCCESS_ACKNOWLEDGED = 2
    FINAL_ACK_ACKNOWLEDGED = 4
    NO_RETRY = 8
    TWO_IDS = 16
    CORRUPTED = 32
    CANCELLED = 64
    RETRIED = 128
    SUBSCRIBED = 256


# The order in which answers about one job outdo each other, where more than one was read: the worst counts.
WORST_LAST: Final = (
    None,
    State.UNREAD,
    State.SUCCESS,
    State.CANCELLED,
    State.DEAD,
    State.FAILED,
    State.PENDING,
    State.RUNNING,
    State.ABSENT,
)
_RANK: Final = np.zeros(256, dtype=np.uint32)
for _rank, _state in enumerate(WORST_LAST):
    if _state is not None:
        _RANK[_state] = _rank
ENDS_A_JOB: Final = np.isin(np.arange(256), (State.SUCCESS, State.DEAD, State.CANCELLED))
_FIRST_ENQUEUES: Final = (Kind.ENQUEUE_INTENDED, Kind.ENQUEUE_ACKNOWLEDGED)


class Tally:
    """What came of each job.

    Attributes:
        jobs: How many jobs were planned.
        intended, refused, acknowledged: Tries to enqueue it, and their certain answers.
        started: Its executions.
        failures_acknowledged: Its acks of a failure that were acknowledged.
        successes_open: Its acks of a success that were not refused.
        cancels_open, retries_open: Requests from outside about it that were not refused.
        cancelled: When its cancellation was first acknowledged.
        retried: When its retry by hand, if not refused, was first sent.
        facts: What else is known of it, as bits of `Fact`.
        ids: Hash of the system's id for it; 0 where none is known.
        first_read_ns: When the first final state was read.
        strays: Executions that name no job of the plan.
        starts: All executions, those of no known job included.
        acknowledged_acks: All acks that were acknowledged.
        open_acks: All acks without a certain answer.
        in_flight: Executions under way by file at each of `moments`.
        disconnected_ns: When the connection of each file's writer ended, in order.
    """

    def __init__(self, jobs: int, moments: Ints | None = None, schedules: int = 0) -> None:
        self.jobs = jobs
        self._schedules = schedules
        self.intended = np.zeros(jobs, np.uint32)
        self.refused = np.zeros(jobs, np.uint32)
        self.acknowledged = np.zeros(jobs, np.uint32)
        self.started = np.zeros(jobs, np.uint32)
        self.failures_acknowledged = np.zeros(jobs, np.uint32)
        self.successes_open = np.zeros(jobs, np.uint32)
        self.cancels_open = np.zeros(jobs, np.uint32)
        self.retries_open = np.zeros(jobs, np.uint32)
        self.cancelled = Moments()
        self.retried = Moments()
        self.facts = np.zeros(jobs, np.uint16)
        self.ids = np.zeros(jobs, np.uint64)
        self._final = np.zeros(jobs, np.uint32)
        self.first_read_ns = NEVER
        self.strays = Strays()
        self.starts = 0
        self.acknowledged_acks = 0
        self.open_acks = 0
        self.moments = np.zeros(0, np.int64) if moments is None else moments
        self.in_flight: list[Ints] = []
        self.disconnected_ns: list[Ints] = []
        self._further_ids = _Pairs()
        self._unmatched_ids = _Pairs()

    @classmethod
    def of(cls, ledger: Ledger, jobs: int, moments: Ints | None = None, schedules: int = 0) -> Tally:
        """Read a whole ledger, and verify every record of it.

        Args:
            ledger: The ledger.
            jobs: How many jobs were planned.
            moments: When to count the executions under way.
            schedules: How many schedules were planned: what is told of them is counted nowhere here.

        Raises:
            LedgerDamaged: A record is damaged, or is about a job that was never planned.
        """
        tally = cls(jobs, moments, schedules)
        tally.in_flight = [np.zeros(len(tally.moments), np.int64) for _ in ledger.files]
        tally.disconnected_ns = [np.zeros(0, np.int64) for _ in ledger.files]
        for index in producers_first(ledger.files):
            file, position = ledger.files[index], 0
            for records in file.chunks():
                tally._take(records, index, file, position)
                position += len(records)
        tally._settle()
        return tally

    def final(self, *states: State) -> Mask:
        """Whether the system's last word on each job is one of these states."""
        ranks = [WORST_LAST.index(state) for state in states]
        return np.asarray(np.isin(self._final >> np.uint32(16), ranks))

    @property
    def read(self) -> Mask:
        """Whether the system answered when it was asked for the job's final state."""
        return np.asarray(self._final >> np.uint32(16) > WORST_LAST.index(State.UNREAD))

    @property
    def final_attempt(self) -> Jobs:
        """The attempt that the system's last word on each job names."""
        return self._final & np.uint32(0xFFFF)

    def knows(self, fact: Fact) -> Mask:
        """Whether this is known of each job."""
        return np.asarray(self.facts & np.uint16(fact) != 0)

    @property
    def answered(self) -> Mask:
        """Whether the job's enqueue was acknowledged."""
        return np.asarray(self.acknowledged > 0)

    @property
    def rejected(self) -> Mask:
        """Whether every try to enqueue the job was refused for certain."""
        return np.asarray((self.intended > 0) & (self.refused == self.intended) & ~self.answered)

    @property
    def left_open(self) -> Mask:
        """Whether the job's enqueue was tried, and nobody can say whether it took effect."""
        return np.asarray((self.intended > self.refused) & ~self.answered)

    def _take(self, records: Records, index: int, file: LedgerFile, position: int) -> None:
        if self._schedules:
            self._count_in_flight(records[~about_schedules(records, self._schedules)], index)
        else:
            self._count_in_flight(records, index)
        outside = records["job"] >= self.jobs
        if outside.any():
            self._set_aside(records, outside, index, file, position)
            records = records[~outside]
        self._apply(records)

    def _count_in_flight(self, records: Records, index: int) -> None:
        kinds = records["kind"]
        self.starts += int(np.count_nonzero(kinds == Kind.EXECUTION_STARTED))
        self.acknowledged_acks += int(np.count_nonzero(kinds == Kind.ACK_ACKNOWLEDGED))
        self.open_acks += int(np.count_nonzero(kinds == Kind.ACK_UNKNOWN))
        for kind, change in ((Kind.EXECUTION_STARTED, 1), (Kind.EXECUTION_FINISHED, -1)):
            if len(self.moments):
                times = records["time_ns"][kinds == kind].astype(np.int64)
                self.in_flight[index] += change * np.searchsorted(times, self.moments, side="right")

    def _set_aside(
        self, records: Records, outside: Mask, index: int, file: LedgerFile, position: int
    ) -> None:
        kinds = records["kind"]
        of_schedules = about_schedules(records, self._schedules)
        executing = (kinds >= Kind.EXECUTION_STARTED) & (kinds <= Kind.ACK_UNKNOWN) & ~of_schedules
        if (unplanned := outside & ~executing & ~about_connections(records) & ~of_schedules).any():
            first = int(np.argmax(unplanned))
            raise LedgerDamaged(
                file.path,
                HEADER_BYTES + (position + first) * RECORD_BYTES,
                f"it is about job {records['job'][first]}, and the plan had {self.jobs} jobs",
            )
        ended = records["time_ns"][kinds == Kind.DISCONNECTED].astype(np.int64)
        self.disconnected_ns[index] = np.append(self.disconnected_ns[index], ended)
        if (stray := outside & executing).any():
            self.strays.add(index, records[stray])

    def _apply(self, records: Records) -> None:
        kinds = np.ascontiguousarray(records["kind"])
        details = np.ascontiguousarray(records["detail"])
        jobs = np.ascontiguousarray(records["job"])
        values = records["value"]

        def among(kind: Kind) -> Ints:
            return np.flatnonzero(kinds == kind)

        _count(self.intended, jobs[among(Kind.ENQUEUE_INTENDED)])
        _count(self.refused, jobs[among(Kind.ENQUEUE_REFUSED)])
        if len(at := among(Kind.ENQUEUE_ACKNOWLEDGED)):
            _count(self.acknowledged, jobs[at])
            self._learn_ids(jobs[at], values[at])
        if len(at := among(Kind.EXECUTION_STARTED)):
            _count(self.started, jobs[at])
            self._compare_ids(jobs[at], values[at])
            self._know(jobs[at[details[at] == Payload.CORRUPTED]], Fact.CORRUPTED)
        if len(at := among(Kind.ACK_INTENDED)):
            success = at[details[at] == Outcome.SUCCESS]
            self._know(jobs[success], Fact.SUCCESS_INTENDED)
            _count(self.successes_open, jobs[success])
            self._know(jobs[at[details[at] == Outcome.FAILURE_NO_RETRY]], Fact.NO_RETRY)
        if len(at := among(Kind.ACK_REFUSED)):
            refused = jobs[at[details[at] == Outcome.SUCCESS]]
            np.subtract.at(self.successes_open, refused, _ONE)
        if len(at := among(Kind.ACK_ACKNOWLEDGED)):
            self._apply_answers(jobs[at], details[at], values[at])
        if len(at := among(Kind.FINAL_STATE)):
            self._apply_final(jobs[at], details[at], records["attempt"][at], values[at])
            self.first_read_ns = min(self.first_read_ns, int(records["time_ns"][at[0]]))
        if (kinds > Kind.DISCONNECTED).any():
            self._apply_requests(records[kinds > Kind.DISCONNECTED])

    def _apply_requests(self, records: Records) -> None:
        """Take in what was done to jobs from outside, and who wanted to hear of their end."""

        def jobs_of(kind: Kind) -> Jobs:
            jobs: Jobs = records["job"][records["kind"] == kind]
            return jobs

        def times_of(kind: Kind) -> Hashes:
            times: Hashes = records["time_ns"][records["kind"] == kind]
            return times

        self._know(jobs_of(Kind.CANCEL_ACKNOWLEDGED), Fact.CANCELLED)
        self._know(jobs_of(Kind.RETRY_ACKNOWLEDGED), Fact.RETRIED)
        self._know(jobs_of(Kind.SUBSCRIBE_INTENDED), Fact.SUBSCRIBED)
        self.cancelled.add(jobs_of(Kind.CANCEL_ACKNOWLEDGED), times_of(Kind.CANCEL_ACKNOWLEDGED))
        self.retried.add(jobs_of(Kind.RETRY_INTENDED), times_of(Kind.RETRY_INTENDED))
        for request, still_open in ((Request.CANCEL, self.cancels_open), (Request.RETRY, self.retries_open)):
            _count(still_open, jobs_of(request.intended))
            np.subtract.at(still_open, jobs_of(request.refused), _ONE)

    def _know(self, jobs: Jobs, fact: Fact) -> None:
        self.facts[jobs] |= np.uint16(fact)

    def _apply_answers(self, jobs: Jobs, outcomes: NDArray[np.uint8], states: Hashes) -> None:
        success = outcomes == Outcome.SUCCESS
        self._know(jobs[success], Fact.SUCCESS_ACKNOWLEDGED | Fact.FINAL_ACK_ACKNOWLEDGED)
        _count(self.failures_acknowledged, jobs[~success])
        final = (outcomes == Outcome.FAILURE_NO_RETRY) | ENDS_A_JOB[np.minimum(states, np.uint64(255))]
        self._know(jobs[final], Fact.FINAL_ACK_ACKNOWLEDGED)

    def _apply_final(
        self, jobs: Jobs, states: NDArray[np.uint8], attempts: NDArray[np.uint16], ids: Hashes
    ) -> None:
        np.maximum.at(self._final, jobs, _RANK[states] << np.uint32(16) | attempts)
        named = ids != 0
        self._compare_ids(jobs[named], ids[named])

    def _learn_ids(self, jobs: Jobs, ids: Hashes) -> None:
        new = self.ids[jobs] == 0
        self.ids[jobs[new]] = ids[new]
        other = self.ids[jobs] != ids
        if other.any():
            self._know(jobs[other], Fact.TWO_IDS)
            self._further_ids.add(jobs[other], ids[other])

    def _compare_ids(self, jobs: Jobs, ids: Hashes) -> None:
        other = self.ids[jobs] != ids
        if other.any():
            self._unmatched_ids.add(jobs[other], ids[other])

    def _settle(self) -> None:
        """Decide what could not be decided before all acknowledged ids were known."""
        self.retried.forget(self.retries_open == 0)
        self.strays.name_by_id(self.owners_of(self.strays.ids))
        for records in self.strays.named():
            self._apply(records)
        jobs, ids = self._unmatched_ids.distinct()
        unequal = self.ids[jobs] != ids
        jobs, ids = jobs[unequal], ids[unequal]
        owners = self.owners_of(ids)
        swapped = (owners != NO_JOB) & (owners != jobs)
        self._know(jobs[swapped], Fact.CORRUPTED)
        known = owners == jobs
        self._learn_ids(jobs[~swapped & ~known], ids[~swapped & ~known])

    def owners_of(self, ids: Hashes) -> Jobs:
        """The job that each of these ids was given to by an acknowledged enqueue; NO_JOB where none was."""
        owners = np.full(len(ids), NO_JOB, np.uint32)
        if not len(ids):
            return owners
        sought, where = np.unique(ids, return_inverse=True)
        found = np.full(len(sought), NO_JOB, np.uint32)
        further_jobs, further_ids = self._further_ids.distinct()
        for jobs, known in ((np.arange(self.jobs, dtype=np.uint32), self.ids), (further_jobs, further_ids)):
            at = np.minimum(np.searchsorted(sought, known), len(sought) - 1)
            hit = (sought[at] == known) & (known != 0)
            found[at[hit]] = jobs[hit]
        return found[where]


class Strays:
    """Records of executions that name no job of the plan: damaged payloads, and jobs that nobody enqueued."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, Records]] = []
        self._keys = np.zeros(0, np.uint64)
        self._jobs = np.zeros(0, np.uint32)
        self.ids: Hashes = np.zeros(0, np.uint64)

    def add(self, file: int, records: Records) -> None:
        """Keep these records of a file."""
        self._parts.append((file, records.copy()))
        start = (records["kind"] == Kind.EXECUTION_STARTED) & (records["job"] == NO_JOB)
        self._keys = np.append(self._keys, _keys(file, records["serial"][start]))
        self.ids = np.append(self.ids, records["value"][start])

    def name_by_id(self, owners: Jobs) -> None:
        """Say which job each execution of `ids` belongs to; NO_JOB where that can't be told."""
        order = np.argsort(self._keys, kind="stable")
        self._keys, self._jobs, self.ids = self._keys[order], owners[order], self.ids[order]

    def with_jobs(self, file: int, records: Records) -> Records:
        """The records of a file, with the job's number where the id could tell it."""
        nameless = np.flatnonzero(_nameless(records)) if len(self._keys) else ()
        if len(nameless):
            keys = _keys(file, records["serial"][nameless])
            at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
            hit = self._keys[at] == keys
            records["job"][nameless[hit]] = self._jobs[at[hit]]
        return records

    def named(self) -> Iterator[Records]:
        """The records whose job became known by its id."""
        for file, records in self._parts:
            named = self.with_jobs(file, records.copy())
            yield named[(records["job"] == NO_JOB) & (named["job"] != NO_JOB)]

    @property
    def unplanned_jobs(self) -> Jobs:
        """The distinct numbers of executed jobs that were never planned."""
        jobs = [records["job"][records["kind"] == Kind.EXECUTION_STARTED] for _, records in self._parts]
        return np.unique(np.concatenate([*jobs, np.full(1, NO_JOB, np.uint32)]))[:-1]

    @property
    def unknown_ids(self) -> Hashes:
        """The distinct ids of executions whose job can't be told."""
        return np.unique(self.ids[self._jobs == NO_JOB])


class _Pairs:
    """Pairs of a job and an id, collected bit by bit."""

    def __init__(self) -> None:
        self._jobs: list[Jobs] = []
        self._ids: list[Hashes] = []

    def add(self, jobs: Jobs, ids: Hashes) -> None:
        self._jobs.append(jobs.copy())
        self._ids.append(np.ascontiguousarray(ids))

    def distinct(self) -> tuple[Jobs, Hashes]:
        """The distinct pairs, by job and id."""
        if not self._jobs:
            return np.zeros(0, np.uint32), np.zeros(0, np.uint64)
        jobs, ids = np.concatenate(self._jobs), np.concatenate(self._ids)
        order = np.lexsort((ids, jobs))
        jobs, ids = jobs[order], ids[order]
        new = np.ones(len(jobs), np.bool_)
        new[1:] = (jobs[1:] != jobs[:-1]) | (ids[1:] != ids[:-1])
        return jobs[new], ids[new]


def about_connections(records: Records) -> Mask:
    """Which records are about the writer's connection, and so about no job."""
    return np.asarray(np.isin(records["kind"], (Kind.CONNECTED, Kind.DISCONNECTED)))


def about_schedules(records: Records, schedules: int) -> Mask:
    """Which records are about one of so many schedules or what it fired, or about all: none about a job of the plan."""
    job = records["job"]
    about_one = (job >= FIRST_SCHEDULE) & (job < FIRST_SCHEDULE + schedules)
    return np.asarray(
        about_one | (np.isin(records["kind"], SCHEDULE_CALLS) & (job == NO_JOB) & (schedules > 0))
    )


def _nameless(records: Records) -> Mask:
    return np.asarray((records["job"] == NO_JOB) & ~about_connections(records))


def _keys(file: int, serials: NDArray[np.uint32]) -> Hashes:
    return serials.astype(np.uint64) | np.uint64(file << 32)


def _count(counts: Jobs, jobs: Jobs) -> None:
    np.add.at(counts, jobs, _ONE)


def producers_first(files: tuple[LedgerFile, ...]) -> list[int]:
    """Those who enqueue come first, so that most ids are known before they are looked at: producers, and then workers
    whose jobs enqueue further ones.
    """

    def rank(index: int) -> int:
        first = next(files[index].chunks(verify=False), np.zeros(0, RECORD))
        about_jobs = first["kind"][~about_connections(first)]
        if len(about_jobs) and int(about_jobs[0]) in _FIRST_ENQUEUES:
            return 0
        return 1 if np.isin(about_jobs, _FIRST_ENQUEUES).any() else 2

    return sorted(range(len(files)), key=rank)
