"""When jobs were executed again: after a failure that was acknowledged, and after an execution that never was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaos.checks.collect import Collected, collect
from chaos.checks.tally import Ints, Mask, Tally
from chaos.ledger.reader import Ledger, Records
from chaos.ledger.records import Kind, Outcome

Seconds = NDArray[np.float64]

_KINDS = (Kind.EXECUTION_STARTED, Kind.ACK_INTENDED, Kind.ACK_ACKNOWLEDGED)


@dataclass(frozen=True)
class Retries:
    """The further executions of jobs; each array has one entry an execution.

    A retry is one that follows a failure whose ack was sent once and answered. Only the system knows the moment from
    which it counts the wait: it lies between the two.

    Attributes:
        failures: For each retry, how many failures of its job had been acknowledged, from 1.
        attempt: For each retry, the number of the attempt that had failed, as the system counts.
        since_sent_s: How long after that ack was sent it began.
        since_answered_s: How long after that ack was answered it began.
        redelivered_after_s: For each execution that follows one without an answered ack: the time between their starts.
    """

    failures: Ints
    attempt: Ints
    since_sent_s: Seconds
    since_answered_s: Seconds
    redelivered_after_s: Seconds


def retries(ledger: Ledger, tally: Tally) -> Retries:
    """Every further execution of a job in a ledger that was verified before."""
    again = tally.started > 1
    padded = np.append(again, False)
    beyond = np.uint32(len(again))

    def choose(_file: int, records: Records) -> Mask:
        return np.asarray(np.isin(records["kind"], _KINDS) & padded[np.minimum(records["job"], beyond)])

    return _retries(collect(ledger, choose))


def _retries(collected: Collected) -> Retries:
    order = np.lexsort((collected.records["time_ns"], collected.records["job"]))
    records = collected.records[order]
    kinds, jobs = records["kind"], records["job"]
    times = records["time_ns"].astype(np.int64)
    failed = records["detail"] == Outcome.FAILURE

    started = kinds == Kind.EXECUTION_STARTED
    answered_failure = failed & (kinds == Kind.ACK_ACKNOWLEDGED)
    sent_failure = failed & (kinds == Kind.ACK_INTENDED)
    same = jobs[1:] == jobs[:-1]
    at = np.flatnonzero(
        sent_failure[:-2] & answered_failure[1:-1] & started[2:] & same[:-1] & same[1:]
    )  # a failure sent, answered, and then the next execution: nothing came between

    counted = np.cumsum(answered_failure)
    firsts = np.searchsorted(jobs, jobs[at])
    before = counted[firsts] - answered_failure[firsts]
    starts = np.flatnonzero(started)
    next_to = jobs[starts[1:]] == jobs[starts[:-1]]
    answers = np.cumsum(kinds == Kind.ACK_ACKNOWLEDGED)
    unanswered = next_to & (answers[starts[1:]] == answers[starts[:-1]])
    return Retries(
        failures=counted[at + 1] - before,
        attempt=records["attempt"][at].astype(np.int64),
        since_sent_s=(times[at + 2] - times[at]) / 1e9,
        since_answered_s=(times[at + 2] - times[at + 1]) / 1e9,
        redelivered_after_s=(times[starts[1:]] - times[starts[:-1]])[unanswered] / 1e9,
    )
