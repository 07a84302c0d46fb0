"""Histories that each show one finding."""

from __future__ import annotations

from chaos.ledger.records import Kind, State
from tests.checks.history import FAILURE, OTHER_RESULT, History

ACKNOWLEDGED, UNKNOWN = Kind.ACK_ACKNOWLEDGED, Kind.ACK_UNKNOWN


def missing(history: History) -> None:
    history.enqueue(7)
    history.final(7, State.ABSENT, attempt=0)


def stuck(history: History) -> None:
    history.enqueue(7)
    history.final(7, State.PENDING, attempt=0)


def stuck_in_the_hands_of_nobody(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0)
    history.final(7, State.RUNNING)


def forgotten(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1)
    history.final(7, State.RUNNING)


def forgotten_though_dead(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, FAILURE, state=State.DEAD)
    history.final(7, State.PENDING)


def contradicted(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1)
    history.final(7, State.DEAD)


def abandoned(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, FAILURE)
    history.final(7, State.DEAD)


def abandoned_by_cancelling(history: History) -> None:
    history.enqueue(7)
    history.final(7, State.CANCELLED, attempt=0)


def never_run(history: History) -> None:
    history.enqueue(7)
    history.final(7, State.SUCCESS)


def never_run_to_a_success(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, FAILURE)
    history.final(7, State.SUCCESS)


def phantom_of_no_plan(history: History) -> None:
    history.execute(70_000, 1.0, 1.1)


def phantom_never_enqueued(history: History) -> None:
    history.execute(7, 1.0, 1.1)


def phantom_refused(history: History) -> None:
    history.enqueue(7, answer=Kind.ENQUEUE_REFUSED)
    history.execute(7, 1.0, 1.1)


def phantom_of_no_name(history: History) -> None:
    history.execute(7, 1.0, 1.1, corrupted=True, variant=9)


def double_enqueued(history: History) -> None:
    history.enqueue(7)
    history.enqueue(7, 0.5, copy=1, variant=1)
    for variant in (0, 1):
        history.execute(7, 1.0 + variant, 1.1 + variant, variant=variant)
        history.final(7, State.SUCCESS, variant=variant)


def double_enqueued_behind_an_open_try(history: History) -> None:
    history.enqueue(7, answer=Kind.ENQUEUE_UNKNOWN)
    history.enqueue(7, 0.5, attempt=2)
    history.execute(7, 1.0, 1.1, variant=1)
    history.execute(7, 1.2, 1.3)
    history.final(7, State.SUCCESS)


def re_executed(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1)
    history.execute(7, 1.5, 1.6, worker=2)
    history.final(7, State.SUCCESS)


def re_executed_before_the_answer_was_seen(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, acks=[(1.1, 1.4, ACKNOWLEDGED)])
    history.execute(7, 1.2, 1.3, worker=2)
    history.final(7, State.SUCCESS)


def overlapping(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 2.0)
    history.execute(7, 1.5, 1.6, worker=2)
    history.final(7, State.SUCCESS)


def redelivered_after_the_timeout(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0)
    history.execute(7, 6.5, 6.6, worker=2, attempt=2)
    history.final(7, State.SUCCESS, attempt=2)


def redelivered_without_an_answer(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, acks=[(1.1, 1.2, UNKNOWN)])
    history.execute(7, 3.0, 3.1, worker=2, attempt=2)
    history.final(7, State.SUCCESS, attempt=2)


def redelivered_before_the_ack_got_through(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, acks=[(1.1, 1.2, UNKNOWN), (1.5, 1.6, ACKNOWLEDGED)])
    history.execute(7, 1.3, 1.4, worker=2, attempt=2)
    history.final(7, State.SUCCESS, attempt=2)


def over_attempted(history: History) -> None:
    history.enqueue(7)
    for attempt in range(1, 5):
        history.execute(7, float(attempt), attempt + 0.1, FAILURE, attempt=attempt)
    history.final(7, State.DEAD, attempt=4)


def over_attempted_with_success(history: History) -> None:
    history.enqueue(7)
    for attempt in range(1, 4):
        history.execute(7, float(attempt), attempt + 0.1, FAILURE, attempt=attempt)
    history.execute(7, 4.0, 4.1, attempt=4)
    history.final(7, State.SUCCESS, attempt=4)


def corrupted(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, corrupted=True)
    history.final(7, State.SUCCESS)


def corrupted_by_a_swap(history: History) -> None:
    history.done(8)
    history.enqueue(7)
    history.execute(7, 1.0, 1.1, owner=8)
    history.final(7, State.SUCCESS)


def recovered_by_execution(history: History) -> None:
    history.enqueue(7, answer=None)
    history.execute(7, 1.0, 1.1)


def recovered_by_reading(history: History) -> None:
    history.enqueue(7, answer=Kind.ENQUEUE_UNKNOWN)
    history.execute(7, 1.0, 1.1)
    history.final(7, State.SUCCESS)


def uncancelled(history: History) -> None:
    history.enqueue(7)
    history.cancel(7, 0.5)
    history.execute(7, 1.0, 1.1)
    history.final(7, State.SUCCESS)


def run_after_cancel(history: History) -> None:
    history.enqueue(7)
    history.execute(7, 0.2, 0.3, FAILURE)
    history.cancel(7, 0.5)
    history.execute(7, 1.6, 1.7, FAILURE, attempt=2)
    history.final(7, State.CANCELLED, attempt=2)


def dead(history: History) -> None:
    history.enqueue(7)
    for attempt in range(1, 4):
        history.execute(7, attempt / 4, attempt / 4 + 0.1, FAILURE, attempt=attempt)


def unretried(history: History) -> None:
    dead(history)
    history.retry(7, 2.0)
    history.final(7, State.DEAD, attempt=3)


def over_attempted_after_a_retry(history: History) -> None:
    dead(history)
    history.retry(7, 2.0)
    for attempt in range(4, 8):
        history.execute(7, float(attempt), attempt + 0.1, FAILURE, attempt=attempt)
    history.final(7, State.DEAD, attempt=7)


def unheard(history: History) -> None:
    history.subscribe(7, 0.1)
    history.hear_nothing(7)
    history.done(7)


def unheard_anew(history: History) -> None:
    history.subscribe(7, 0.1)
    history.done(7)
    history.hear(7, 1.2)
    history.subscribe(7, 1.3, stream=2)
    history.hear_nothing(7, stream=2)


def heard_twice(history: History) -> None:
    history.subscribe(7, 0.1)
    history.done(7)
    history.hear(7, 1.2)
    history.hear(7, 1.3)


def misreported_result(history: History) -> None:
    history.subscribe(7, 0.1)
    history.done(7)
    history.hear(7, 1.2, result=OTHER_RESULT)


def misreported_state(history: History) -> None:
    history.subscribe(7, 0.1)
    history.done(7)
    history.hear(7, 1.2, State.DEAD, result=0)
