"""The executions of jobs that were executed more than once, and what their order says.

`Executions.of` joins the records of each execution by file and serial; `judge` compares every pair of
executions of a job. Both work on columns: a job costs bytes, never objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chaos.checks.collect import Collected, collect, of_jobs
from chaos.checks.holds import SETTLES_NS, Holds
from chaos.checks.tally import NEVER, Hashes, Ints, Jobs, Mask, Tally
from chaos.checks.terms import Terms
from chaos.ledger.damage import LedgerDamaged
from chaos.ledger.reader import Ledger
from chaos.ledger.records import HEADER_BYTES, Kind, Outcome

EXECUTIONS_AT_ONCE: Final = 500_000


@dataclass(frozen=True)
class Executions:
    """Executions as columns, by job, then by the system's id for it, then by their start.

    A time is NEVER where the thing did not happen.

    Attributes:
        job: Number of the job.
        job_id: Hash of the system's id for it: a job enqueued as two is executed as two.
        attempt: As the system counts; 0 where it doesn't.
        started_ns: Its receipt.
        handed_out_ns: When the system may have handed it out, at the earliest.
        ended_ns: When it ended: at its finish, or at its first ack where no finish was recorded.
        success_ns: When an ack of its success was acknowledged.
        success_sent_ns: When that ack was sent.
        failure_ns: When an ack of its failure was acknowledged.
        failure_sent_ns: When that ack was sent.
        held_until_ns: Until when it certainly held its job, as long as nothing was answered.
        file: Index of the ledger file that tells of it.
    """

    job: Jobs
    job_id: Hashes
    attempt: NDArray[np.uint16]
    started_ns: Ints
    handed_out_ns: Ints
    ended_ns: Ints
    success_ns: Ints
    success_sent_ns: Ints
    failure_ns: Ints
    failure_sent_ns: Ints
    held_until_ns: Ints
    file: Ints

    def __len__(self) -> int:
        return len(self.job)

    @classmethod
    def of(cls, collected: Collected, ledger: Ledger, holds: Holds) -> Executions:
        """Join the records of each execution.

        Raises:
            LedgerDamaged: An execution ends that never started.
        """
        kinds = collected.records["kind"]
        executing = (kinds >= Kind.EXECUTION_STARTED) & (kinds <= Kind.ACK_UNKNOWN)
        collected = collected.where(executing)
        records, files = collected.records, collected.files
        keys = files << 32 | records["serial"].astype(np.int64)
        is_start = records["kind"] == Kind.EXECUTION_STARTED
        starts = np.flatnonzero(is_start)
        rows = _rows(keys, starts)
        if (orphan := rows < 0).any():
            path = ledger.files[int(files[np.argmax(orphan)])].path
            serial = int(records["serial"][np.argmax(orphan)])
            raise LedgerDamaged(path, HEADER_BYTES, f"execution {serial} ends, and never started")
        count, kind, outcome = len(starts), records["kind"], records["detail"]
        times = records["time_ns"].astype(np.int64)
        answered = kind == Kind.ACK_ACKNOWLEDGED
        succeeded = answered & (outcome == Outcome.SUCCESS)
        failed = answered & (outcome != Outcome.SUCCESS)
        started_ns, sent_ns = times[starts], _sent_ns(rows, kind, times)
        handed_out_ns = started_ns - holds.delays_ns(files[starts], started_ns)
        table = cls(
            job=records["job"][starts],
            job_id=records["value"][starts],
            attempt=records["attempt"][starts],
            started_ns=started_ns,
            handed_out_ns=handed_out_ns,
            ended_ns=_first(count, rows, times, ~is_start),
            success_ns=_first(count, rows, times, succeeded),
            success_sent_ns=_first(count, rows, sent_ns, succeeded),
            failure_ns=_first(count, rows, times, failed),
            failure_sent_ns=_first(count, rows, sent_ns, failed),
            held_until_ns=holds.limits_ns(files[starts], started_ns, handed_out_ns),
            file=files[starts],
        )
        return table.by_job()

    def by_job(self) -> Executions:
        """The same, in order."""
        order = np.lexsort((self.started_ns, self.job_id, self.job))
        return Executions(**{name: column[order] for name, column in vars(self).items()})


@dataclass(frozen=True)
class Judged:
    """The jobs whose executions show a finding; a job may be named more than once."""

    re_executed: Jobs
    overlapping: Jobs
    redelivered: Jobs
    over_attempted: Jobs
    in_hand: Jobs
    run_after_cancel: Jobs
    run_after_retry: Jobs


def suspects(ledger: Ledger, tally: Tally, also: Mask) -> Iterator[Collected]:
    """All records of jobs executed more than once, and of `also`, so many jobs at a time as fit into memory."""
    wanted = (tally.started > 1) | (also & (tally.started > 0))
    executions = np.cumsum(np.where(wanted, tally.started, 0), dtype=np.int64)
    total = int(executions[-1]) if len(executions) else 0
    for first in range(0, total, EXECUTIONS_AT_ONCE):
        slab = wanted & (executions > first) & (executions <= first + EXECUTIONS_AT_ONCE)
        if slab.any():
            yield collect(ledger, of_jobs(slab, tally.strays))


def judge(executions: Executions, terms: Terms, tally: Tally, down_ns: Ints) -> Judged:
    """What the order of the executions says; docs/checks.md has each rule with an example.

    Args:
        executions: Some jobs' executions, all of each job.
        terms: What to judge by.
        tally: What came of each job, and when the final states were read.
        down_ns: When the process of each file ended.
    """
    count = len(executions)
    again, overlaps, loose = (np.zeros(count, np.bool_) for _ in range(3))
    failures_before = np.zeros(count, np.int64)
    retried_ns = tally.retried.of(executions.job)
    for earlier, later in _pairs(executions):
        verdicts = _compare(executions, earlier, later, retried_ns)
        again[later] |= verdicts.again
        overlaps[later] |= verdicts.overlaps
        loose[later] |= verdicts.loose
        failures_before[later] += verdicts.failed_before
    jobs = executions.job
    failed, again_failed = executions.failure_ns < retried_ns, executions.failure_ns >= retried_ns
    failures = np.maximum(
        _by_group(executions, failed),
        _by_group(executions, again_failed & (executions.failure_ns != NEVER)),
    )  # a retry by hand starts a new count
    over = (failures > terms.max_attempts) | (failures_before >= terms.max_attempts)
    read_ns = tally.first_read_ns
    unfinished = (executions.ended_ns == NEVER) & (down_ns[executions.file] >= read_ns)
    in_hand = unfinished & (executions.started_ns + terms.timeout_ns > read_ns)
    cancelled_ns = tally.cancelled.of(executions.job)
    after_cancel = executions.handed_out_ns > np.minimum(cancelled_ns, NEVER - SETTLES_NS) + SETTLES_NS
    return Judged(
        re_executed=jobs[again],
        overlapping=jobs[overlaps],
        redelivered=jobs[loose & ~again & ~overlaps],
        over_attempted=jobs[over],
        in_hand=jobs[in_hand],
        run_after_cancel=jobs[after_cancel],
        run_after_retry=jobs[executions.started_ns > retried_ns],
    )


@dataclass(frozen=True)
class _Verdicts:
    again: Mask
    overlaps: Mask
    loose: Mask
    failed_before: Mask


def _compare(executions: Executions, earlier: Ints, later: Ints, retried_ns: Ints) -> _Verdicts:
    """What the earlier execution of each pair makes of the later one; a failure counts until a retry by hand."""
    start = executions.started_ns[later]
    ended, held_until = executions.ended_ns[earlier], executions.held_until_ns[earlier]
    in_order = _handed_out_in_order(executions, earlier, later)
    success, told = executions.success_ns[earlier], executions.success_sent_ns[earlier]
    again = in_order & (success <= held_until) & (success != NEVER) & (ended <= start) & (told <= start)
    overlaps = in_order & (start < np.minimum(ended, held_until))
    sent = executions.failure_sent_ns[earlier]
    failure, retried = executions.failure_ns[earlier], retried_ns[later]
    failed_before = in_order & (failure < start) & ((failure < retried) == (start < retried))
    return _Verdicts(again, overlaps, sent > start, failed_before)


def _handed_out_in_order(executions: Executions, earlier: Ints, later: Ints) -> Mask:
    """Whether the execution that was received later was certainly handed out later, too.

    A higher number says so. The same number, or none, says so unless a delay may have turned the two around. A lower
    one is an older hand-out that came late, unless even its hand-out was after the hold of the other.
    """
    attempt, next_attempt = executions.attempt[earlier], executions.attempt[later]
    handed_out = executions.handed_out_ns[later]
    numberless = (next_attempt == 0) | (attempt == next_attempt)
    return np.asarray(
        (attempt < next_attempt)
        | (numberless & (handed_out >= executions.started_ns[earlier]))
        | (handed_out > executions.held_until_ns[earlier])
    )


def _pairs(executions: Executions) -> Iterator[tuple[Ints, Ints]]:
    """All pairs of executions of one job under one id, by how many lie between them."""
    same = (executions.job[1:] == executions.job[:-1]) & (executions.job_id[1:] == executions.job_id[:-1])
    group = np.concatenate(([0], np.cumsum(~same))) if len(executions) else np.zeros(0, np.int64)
    later = np.arange(len(executions))
    distance = 0
    while len(later):
        distance += 1
        later = later[later >= distance]
        later = later[group[later] == group[later - distance]]
        yield later - distance, later


def _by_group(executions: Executions, counted: Mask) -> Ints:
    """For each execution, how many of its job under its id are counted."""
    if not len(executions):
        return np.zeros(0, np.int64)
    same = (executions.job[1:] == executions.job[:-1]) & (executions.job_id[1:] == executions.job_id[:-1])
    group = np.concatenate(([0], np.cumsum(~same)))
    counts: Ints = np.bincount(group, weights=counted).astype(np.int64)
    return counts[group]


def _rows(keys: Ints, starts: Ints) -> Ints:
    """For each record, the number of the start it belongs to; -1 where there is none."""
    order = np.argsort(keys[starts], kind="stable")
    sorted_keys = keys[starts][order]
    if not len(starts):
        return np.full(len(keys), -1, np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(starts) - 1)
    return np.where(sorted_keys[at] == keys, order[at], -1)


def _first(count: int, rows: Ints, times: Ints, where: Mask) -> Ints:
    """The first of the times of each row among some records."""
    first = np.full(count, NEVER, np.int64)
    np.minimum.at(first, rows[where], times[where])
    return first


def _sent_ns(rows: Ints, kinds: NDArray[np.uint8], times: Ints) -> Ints:
    """For each record, when the ack before it in the same execution was sent; its own time if none was."""
    order = np.argsort(rows, kind="stable")
    intents = np.where(kinds[order] == Kind.ACK_INTENDED, np.arange(len(order)), -1)
    last = np.maximum.accumulate(intents) if len(intents) else intents
    own = (last >= 0) & (rows[order][last] == rows[order])
    sent = np.empty(len(order), np.int64)
    sent[order] = np.where(own, times[order][last], times[order])
    return sent
