"""Which jobs show which finding, and how often each finding could have been seen.

The rules stand in the order of docs/checks.md, one short function each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from chaos.checks.executions import Executions, Judged, judge, suspects
from chaos.checks.findings import Finding
from chaos.checks.holds import Holds, disturbances_of
from chaos.checks.subscriptions import judge_subscriptions
from chaos.checks.tally import Fact, Hashes, Jobs, Mask, Tally
from chaos.checks.terms import Terms
from chaos.ledger.reader import Ledger
from chaos.ledger.records import FINISHED, UNFINISHED, WITHOUT_SUCCESS, State

FINDINGS: Final = tuple(Finding)


class Found:
    """The findings of each job, one bit each."""

    def __init__(self, jobs: int) -> None:
        self._bits = np.zeros(jobs, np.uint32)

    def add(self, finding: Finding, jobs: Jobs | Mask) -> None:
        """These jobs, by number or by a mask over all, show this finding."""
        self._bits[jobs] |= _bit(finding)

    def jobs(self, finding: Finding) -> Mask:
        """Which jobs show this finding."""
        return np.asarray(self._bits & _bit(finding) != 0)


@dataclass(frozen=True)
class Survey:
    """All that was found.

    Attributes:
        tally: What came of each job.
        found: The findings of each job of the plan.
        unplanned_jobs: Numbers of executed jobs that were never planned: each a phantom.
        unknown_ids: Ids of executions whose payload told no job, and whose id no enqueue was given: each a phantom.
        handed_out: Which jobs a worker received, or the system says that one did.
        undecided: For each finding, how many more jobs may show it that nobody can tell.
        opportunities: How often each finding could have been seen.
        holds: When holds end.
    """

    tally: Tally
    found: Found
    unplanned_jobs: Jobs
    unknown_ids: Hashes
    handed_out: Mask
    undecided: Mapping[Finding, int]
    opportunities: Mapping[Finding, int]
    holds: Holds

    def count(self, finding: Finding) -> int:
        """How many distinct jobs show this finding."""
        return int(np.count_nonzero(self.found.jobs(finding))) + self.strangers(finding)

    def strangers(self, finding: Finding) -> int:
        """How many of them are no jobs of the plan."""
        return len(self.unplanned_jobs) + len(self.unknown_ids) if finding is Finding.PHANTOM else 0


def survey(ledger: Ledger, terms: Terms) -> Survey:
    """Read a ledger and look for every finding.

    Raises:
        LedgerDamaged: Nothing can be proven from this ledger.
    """
    disturbances = disturbances_of(ledger.events)
    moments = np.array([disturbance.time_ns for disturbance in disturbances], np.int64)
    tally = Tally.of(ledger, terms.jobs, moments, terms.schedule_count)
    holds = Holds(ledger, terms, tally.disconnected_ns)
    found = Found(terms.jobs)
    unfinished = tally.final(*UNFINISHED)
    in_hand = np.zeros(terms.jobs, np.bool_)
    run_again = np.zeros(terms.jobs, np.bool_)
    for collected in suspects(ledger, tally, also=unfinished | tally.knows(Fact.CANCELLED | Fact.RETRIED)):
        executions = Executions.of(collected, ledger, holds)
        judged = judge(executions, terms, tally, holds.down_ns)
        _add_judged(found, judged)
        in_hand[judged.in_hand] = True
        run_again[judged.run_after_retry] = True

    found.add(Finding.MISSING, _missing(tally, terms))
    found.add(Finding.STUCK, unfinished & ~in_hand & ~_may_have_its_turn(tally, terms))
    found.add(Finding.FORGOTTEN, _forgotten(tally, unfinished))
    found.add(Finding.CONTRADICTED, tally.knows(Fact.SUCCESS_ACKNOWLEDGED) & tally.final(*WITHOUT_SUCCESS))
    found.add(Finding.ABANDONED, _abandoned(tally, terms))
    found.add(Finding.NEVER_RUN, tally.final(State.SUCCESS) & ~tally.knows(Fact.SUCCESS_INTENDED))
    found.add(Finding.PHANTOM, (tally.started > 0) & ((tally.intended == 0) | tally.rejected))
    found.add(Finding.DOUBLE_ENQUEUED, tally.knows(Fact.TWO_IDS))
    found.add(Finding.CORRUPTED, tally.knows(Fact.CORRUPTED))
    exists = (tally.started > 0) | tally.final(*UNFINISHED, *FINISHED)
    found.add(Finding.RECOVERED, tally.left_open & exists)

    found.add(Finding.UNCANCELLED, tally.knows(Fact.CANCELLED) & _outlives_cancellation(tally))
    waits = _may_have_its_turn(tally, terms) | _cancelled_from_outside(tally)
    found.add(Finding.UNRETRIED, tally.knows(Fact.RETRIED) & ~run_again & ~waits)
    heard = judge_subscriptions(ledger, tally)
    for finding, jobs in heard.jobs.items():
        found.add(finding, jobs)

    in_flight = holds.in_flight(disturbances, tally.in_flight)
    return Survey(
        tally=tally,
        found=found,
        unplanned_jobs=tally.strays.unplanned_jobs,
        unknown_ids=tally.strays.unknown_ids,
        handed_out=(tally.started > 0) | (tally.final_attempt > 0) | tally.final(State.RUNNING),
        undecided=_undecided(tally, terms),
        opportunities=_opportunities(tally, terms, in_flight) | heard.opportunities,
        holds=holds,
    )


def _may_have_its_turn(tally: Tally, terms: Terms) -> Mask:
    """Waiting, when the drain ended before the queue had come to rest."""
    return np.asarray(tally.final(State.PENDING) & terms.drain_cut_off)


def _forgotten(tally: Tally, unfinished: Mask) -> Mask:
    """Unfinished, though a worker was told that it is finished, and nobody has let it run again by hand."""
    return np.asarray(tally.knows(Fact.FINAL_ACK_ACKNOWLEDGED) & unfinished & (tally.retries_open == 0))


def _cancelled_from_outside(tally: Tally) -> Mask:
    """Cancelled in the end, which was asked for and may have been done."""
    return np.asarray(tally.final(State.CANCELLED) & (tally.cancels_open > 0))


def _outlives_cancellation(tally: Tally) -> Mask:
    return tally.final(*UNFINISHED, State.SUCCESS, State.DEAD, State.FAILED)


def _add_judged(found: Found, judged: Judged) -> None:
    found.add(Finding.RE_EXECUTED, judged.re_executed)
    found.add(Finding.OVERLAPPING, judged.overlapping)
    found.add(Finding.REDELIVERED, judged.redelivered)
    found.add(Finding.OVER_ATTEMPTED, judged.over_attempted)
    found.add(Finding.RUN_AFTER_CANCEL, judged.run_after_cancel)


def _missing(tally: Tally, terms: Terms) -> Mask:
    """Taken, and unknown when asked for. A system that forgets what is finished may not know what may have finished."""
    missing = tally.answered & tally.final(State.ABSENT)
    if terms.keeps_finished:
        return missing
    return missing & ~_may_have_finished(tally)


def _may_have_finished(tally: Tally) -> Mask:
    return tally.knows(Fact.FINAL_ACK_ACKNOWLEDGED) | (tally.successes_open > 0)


def _abandoned(tally: Tally, terms: Terms) -> Mask:
    """Given up, though it had attempts left and nobody asked for it.

    Every execution counts as a failed or timed-out attempt, and so does every attempt that the system counted and
    no worker received: its hand-out was lost on the way.
    """
    attempts = np.maximum(tally.started, tally.final_attempt)
    excused = tally.knows(Fact.NO_RETRY | Fact.SUCCESS_ACKNOWLEDGED)
    excused |= _cancelled_from_outside(tally)
    return np.asarray(tally.final(*WITHOUT_SUCCESS) & ~excused & (attempts < terms.max_attempts))


def _undecided(tally: Tally, terms: Terms) -> Mapping[Finding, int]:
    """Findings that need an answer which the system didn't give, or can't give, for so many jobs."""
    unread = _count(tally.answered & ~tally.read)
    undecided = dict.fromkeys(
        (
            Finding.MISSING,
            Finding.STUCK,
            Finding.FORGOTTEN,
            Finding.CONTRADICTED,
            Finding.ABANDONED,
            Finding.NEVER_RUN,
        ),
        unread,
    )
    undecided[Finding.UNCANCELLED] = _count(tally.knows(Fact.CANCELLED) & ~tally.read)
    undecided[Finding.UNRETRIED] = _count(tally.knows(Fact.RETRIED) & _may_have_its_turn(tally, terms))
    undecided[Finding.STUCK] += _count(_may_have_its_turn(tally, terms))
    undecided[Finding.RECOVERED] = _count(tally.left_open & ~tally.read & (tally.started == 0))
    if not terms.keeps_finished:
        gone = tally.answered & tally.final(State.ABSENT)
        succeeded = tally.knows(Fact.SUCCESS_ACKNOWLEDGED)
        undecided[Finding.CONTRADICTED] += _count(gone & succeeded)
        undecided[Finding.ABANDONED] += _count(gone & ~succeeded & _may_have_finished(tally))
    return undecided


def _opportunities(tally: Tally, terms: Terms, in_flight: int) -> dict[Finding, int]:
    read = tally.read
    looked_at = _count(tally.answered & read)
    final_ack, success = tally.knows(Fact.FINAL_ACK_ACKNOWLEDGED), tally.knows(Fact.SUCCESS_ACKNOWLEDGED)
    executed_again = int(np.sum(np.maximum(tally.started, 1) - 1, dtype=np.int64))
    return {
        Finding.MISSING: looked_at,
        Finding.STUCK: in_flight + _count(tally.final(*UNFINISHED)),
        Finding.FORGOTTEN: _count(final_ack & read),
        Finding.CONTRADICTED: _count(success & read),
        Finding.ABANDONED: looked_at,
        Finding.NEVER_RUN: _count(tally.final(State.SUCCESS)),
        Finding.PHANTOM: tally.starts,
        Finding.DOUBLE_ENQUEUED: _count((tally.intended > 1) & tally.answered),
        Finding.RE_EXECUTED: _count(success),
        Finding.OVERLAPPING: in_flight + executed_again,
        Finding.REDELIVERED: max(0, tally.starts - tally.acknowledged_acks) + tally.open_acks,
        Finding.OVER_ATTEMPTED: _count(tally.failures_acknowledged >= terms.max_attempts),
        Finding.CORRUPTED: tally.starts,
        Finding.RECOVERED: _count(tally.left_open),
        Finding.UNCANCELLED: _count(tally.knows(Fact.CANCELLED) & read),
        Finding.RUN_AFTER_CANCEL: _count(tally.knows(Fact.CANCELLED)),
        Finding.UNRETRIED: _count(tally.knows(Fact.RETRIED)),
    }


def _bit(finding: Finding) -> np.uint32:
    return np.uint32(1 << FINDINGS.index(finding))


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
