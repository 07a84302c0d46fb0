"""Histories beside those that show a finding: each is one a correct queue may have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.checks.findings import Status
from chaos.experiment.model import Guarantee
from chaos.ledger.records import Kind, Request, State
from tests.checks.guilty import dead
from tests.checks.history import FAILURE, NO_RETRY, OTHER_RESULT, History, findings_of

ACKNOWLEDGED, REFUSED, UNKNOWN = Kind.ACK_ACKNOWLEDGED, Kind.ACK_REFUSED, Kind.ACK_UNKNOWN
Told = Callable[[History], None]


def ordinary_retry(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, FAILURE)
    history.execute(7, 2.0, 2.1, attempt=2)
    history.final(7, State.SUCCESS, attempt=2)


def retry_before_the_answer_was_seen(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, FAILURE, acks=[(1.1, 1.5, ACKNOWLEDGED)])
    history.execute(7, 1.3, 1.4, attempt=2, worker=2)
    history.final(7, State.SUCCESS, attempt=2)


def given_up_by_its_worker(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, NO_RETRY)
    history.final(7, State.DEAD)


def given_up_after_all_attempts(history: History) -> None:
    history.enqueue(7)
    for attempt in range(1, 4):
        history.execute(7, float(attempt), attempt + 0.1, FAILURE, attempt=attempt)
    history.final(7, State.DEAD, attempt=3)


def given_up_after_a_hand_out_was_lost(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, FAILURE)
    history.execute(7, 9.0, 9.1, FAILURE, attempt=3)
    history.final(7, State.DEAD, attempt=3)


def still_executing(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 98.0)
    history.final(7, State.RUNNING, read=100.0)


def retried_key(history: History) -> None:
    history.enqueue(7, answer=Kind.ENQUEUE_UNKNOWN)
    history.enqueue(7, 0.2, answer=Kind.ENQUEUE_REFUSED, attempt=2)
    history.enqueue(7, 0.5, attempt=3)
    history.enqueue(7, 0.6, copy=1)
    history.execute(7, 1.0, 1.1)
    history.final(7, State.SUCCESS)


def retried_ack(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, acks=[(1.1, 1.2, UNKNOWN), (1.3, 1.4, ACKNOWLEDGED)])
    history.final(7, State.SUCCESS)


def refused_and_gone(history: History) -> None:
    history.enqueue(7, answer=Kind.ENQUEUE_REFUSED)
    history.final(7, State.ABSENT, variant=None)


def left_open_and_gone(history: History) -> None:
    history.enqueue(7, answer=Kind.ENQUEUE_UNKNOWN)
    history.final(7, State.ABSENT, variant=None)


def cancelled_while_it_waits(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 0.2, 0.3, FAILURE)
    history.cancel(7, 0.5)
    history.final(7, State.CANCELLED)


def received_while_its_cancellation_was_answered(history: History) -> None:
    history.enqueue(7)
    history.cancel(7, 0.5)
    history.execute(7, 1.4, 1.5, acks=[(1.5, 1.6, REFUSED)])
    history.final(7, State.CANCELLED)


def cancelled_perhaps(history: History) -> None:
    history.enqueue(7)
    history.request(Request.CANCEL, 7, 0.5, Request.CANCEL.unknown)
    history.final(7, State.CANCELLED, attempt=0)


def cancelled_too_late(history: History) -> None:
    history.done(7)
    history.request(Request.CANCEL, 7, 5.0, Request.CANCEL.refused)


def retried_by_hand(history: History) -> None:
    dead(history)
    history.retry(7, 2.0)
    for attempt in range(4, 7):
        history.execute(7, float(attempt), attempt + 0.1, FAILURE, attempt=attempt)
    history.final(7, State.DEAD, attempt=6)


def retried_and_then_cancelled(history: History) -> None:
    dead(history)
    history.retry(7, 2.0)
    history.cancel(7, 2.1)
    history.final(7, State.CANCELLED, attempt=3)


def heard_anew_after_a_retry(history: History) -> None:
    dead(history)
    history.subscribe(7, 0.1)
    history.hear(7, 1.0, State.DEAD, result=0)
    history.retry(7, 2.0)
    history.execute(7, 3.0, 3.1, attempt=4)
    history.hear(7, 3.2)
    history.final(7, State.SUCCESS, attempt=4)


def not_yet_ended(history: History) -> None:
    history.subscribe(7, 0.1)
    history.hear_nothing(7)
    still_executing(history)


def killed_while_it_listened(history: History) -> None:
    history.subscribe(7, 0.1)
    history.done(7)


def results_not_put_down(history: History) -> None:
    history.subscribe(7, 0.1)
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, result=0)
    history.hear(7, 1.2, result=OTHER_RESULT)
    history.final(7, State.SUCCESS)


INNOCENT = [
    cancelled_while_it_waits,
    received_while_its_cancellation_was_answered,
    cancelled_perhaps,
    cancelled_too_late,
    retried_by_hand,
    retried_and_then_cancelled,
    heard_anew_after_a_retry,
    not_yet_ended,
    killed_while_it_listened,
    results_not_put_down,
    ordinary_retry,
    retry_before_the_answer_was_seen,
    given_up_by_its_worker,
    given_up_after_all_attempts,
    given_up_after_a_hand_out_was_lost,
    still_executing,
    retried_key,
    retried_ack,
    refused_and_gone,
    left_open_and_gone,
]


@pytest.mark.parametrize("told", INNOCENT, ids=lambda told: told.__name__)
def test_an_innocent_history_passes_the_strictest_guarantee(tmp_path: Path, told: Told) -> None:
    history = History()
    history.done(1)
    told(history)
    answers = history.check(tmp_path, guarantee=Guarantee.EXACTLY_ONCE)
    assert findings_of(answers) == {}
    assert {result.status for result in answers.results} == {Status.PASSED}
