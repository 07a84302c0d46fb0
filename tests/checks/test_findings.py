"""Each finding of docs/checks.md: a history that shows it, one beside it that doesn't, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.checks.findings import GROUPS, TREATMENT, CheckName, Finding, Status, Treatment
from chaos.experiment.model import Guarantee
from chaos.ledger.records import Kind, Request, State
from tests.checks.history import FAILURE, NO_RETRY, OTHER_RESULT, SUCCESS, History, findings_of, result_with

ACKNOWLEDGED, REFUSED, UNKNOWN = Kind.ACK_ACKNOWLEDGED, Kind.ACK_REFUSED, Kind.ACK_UNKNOWN
Told = Callable[[History], None]


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


SHOWING: list[tuple[Told, Finding, set[Finding]]] = [
    (missing, Finding.MISSING, set()),
    (stuck, Finding.STUCK, set()),
    (stuck_in_the_hands_of_nobody, Finding.STUCK, set()),
    (forgotten, Finding.FORGOTTEN, {Finding.STUCK}),
    (forgotten_though_dead, Finding.FORGOTTEN, {Finding.STUCK}),
    (contradicted, Finding.CONTRADICTED, set()),
    (abandoned, Finding.ABANDONED, set()),
    (abandoned_by_cancelling, Finding.ABANDONED, set()),
    (never_run, Finding.NEVER_RUN, set()),
    (never_run_to_a_success, Finding.NEVER_RUN, set()),
    (phantom_of_no_plan, Finding.PHANTOM, set()),
    (phantom_never_enqueued, Finding.PHANTOM, set()),
    (phantom_refused, Finding.PHANTOM, set()),
    (phantom_of_no_name, Finding.PHANTOM, set()),
    (double_enqueued, Finding.DOUBLE_ENQUEUED, set()),
    (double_enqueued_behind_an_open_try, Finding.DOUBLE_ENQUEUED, set()),
    (re_executed, Finding.RE_EXECUTED, set()),
    (re_executed_before_the_answer_was_seen, Finding.RE_EXECUTED, set()),
    (overlapping, Finding.OVERLAPPING, set()),
    (redelivered_after_the_timeout, Finding.REDELIVERED, set()),
    (redelivered_without_an_answer, Finding.REDELIVERED, set()),
    (redelivered_before_the_ack_got_through, Finding.REDELIVERED, set()),
    (over_attempted, Finding.OVER_ATTEMPTED, set()),
    (over_attempted_with_success, Finding.OVER_ATTEMPTED, set()),
    (corrupted, Finding.CORRUPTED, set()),
    (corrupted_by_a_swap, Finding.CORRUPTED, set()),
    (recovered_by_execution, Finding.RECOVERED, set()),
    (recovered_by_reading, Finding.RECOVERED, set()),
    (uncancelled, Finding.UNCANCELLED, set()),
    (run_after_cancel, Finding.RUN_AFTER_CANCEL, set()),
    (unretried, Finding.UNRETRIED, set()),
    (over_attempted_after_a_retry, Finding.OVER_ATTEMPTED, set()),
    (unheard, Finding.UNHEARD, set()),
    (unheard_anew, Finding.UNHEARD_ANEW, set()),
    (heard_twice, Finding.HEARD_TWICE, set()),
    (misreported_result, Finding.MISREPORTED, set()),
    (misreported_state, Finding.MISREPORTED, set()),
]


@pytest.mark.parametrize("guarantee", Guarantee)
@pytest.mark.parametrize(
    ("told", "finding", "beside"), SHOWING, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_finding_is_found_and_judged(
    tmp_path: Path, told: Told, finding: Finding, beside: set[Finding], guarantee: Guarantee
) -> None:
    history = History()
    history.done(1)
    told(history)
    answers = history.check(tmp_path, guarantee=guarantee, checks=frozenset(CheckName))
    assert findings_of(answers) == dict.fromkeys({finding, *beside}, 1)
    result = result_with(answers, finding)
    fails = _fails(finding, guarantee, told) or any(_fails(other, guarantee, told) for other in beside)
    assert result.status is (Status.FAILED if fails else Status.PASSED)
    assert result.count == fails
    assert result.opportunities[finding] > 0
    assert bool(result.reasons) == fails


def _fails(finding: Finding, guarantee: Guarantee, told: Told) -> bool:
    match TREATMENT[guarantee][finding]:
        case Treatment.FAILS | Treatment.FAILS_UNLESS_ALLOWED:
            return True
        case Treatment.FAILS_IF_NEVER_HANDED_OUT:
            return told in (missing, stuck)
        case _:
            return False


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


def test_a_job_with_two_findings_counts_once(tmp_path: Path) -> None:
    history = History()
    forgotten(history)
    result = history.check(tmp_path).result(CheckName.LOSS)
    assert (result.count, result.findings[Finding.STUCK], result.findings[Finding.FORGOTTEN]) == (1, 1, 1)


@pytest.mark.parametrize(("allowed", "status"), [(0, Status.FAILED), (1, Status.PASSED)])
def test_an_experiment_may_allow_some_jobs(tmp_path: Path, allowed: int, status: Status) -> None:
    history = History()
    missing(history)
    result = history.check(tmp_path, allowed={CheckName.LOSS: allowed}).result(CheckName.LOSS)
    assert (result.count, result.allowed, result.status) == (1, allowed, status)


@pytest.mark.parametrize("finding", [Finding.REDELIVERED, Finding.RE_EXECUTED, Finding.RECOVERED])
@pytest.mark.parametrize(("bound", "status"), [(0, Status.FAILED), (1, Status.PASSED)])
def test_a_bound_takes_the_place_of_the_table(
    tmp_path: Path, finding: Finding, bound: int, status: Status
) -> None:
    history = History()
    told = {
        Finding.REDELIVERED: redelivered_after_the_timeout,
        Finding.RE_EXECUTED: re_executed,
        Finding.RECOVERED: recovered_by_reading,
    }[finding]
    told(history)
    result = result_with(history.check(tmp_path, bounds={finding: bound}), finding)
    assert (result.count, result.status) == (0, status)
    assert any(str(finding) in reason for reason in result.reasons) == (status is Status.FAILED)


def test_overlaps_may_be_allowed(tmp_path: Path) -> None:
    history = History()
    overlapping(history)
    result = history.check(tmp_path, overlap_allowed=True).result(CheckName.DUPLICATION)
    assert (result.status, result.findings[Finding.OVERLAPPING]) == (Status.PASSED, 1)


def test_a_system_that_does_not_deduplicate_is_not_blamed_for_two_ids(tmp_path: Path) -> None:
    history = History()
    double_enqueued(history)
    result = history.check(tmp_path, deduplicates=False).result(CheckName.DUPLICATION)
    assert (result.status, result.findings[Finding.DOUBLE_ENQUEUED]) == (Status.PASSED, 1)


@pytest.mark.parametrize("state", [State.UNREAD, None])
def test_a_final_state_that_nobody_knows_leaves_loss_unknown(tmp_path: Path, state: State | None) -> None:
    history = History()
    history.done(1)
    history.enqueue(7)
    history.execute(7, 1.0, 1.1)
    if state is not None:
        history.final(7, state)
    answers = history.check(tmp_path)
    loss = answers.result(CheckName.LOSS)
    assert loss.status is Status.UNKNOWN
    assert {finding for finding, count in loss.findings.items() if count is None} == set(
        GROUPS[CheckName.LOSS]
    )
    assert any("loss can't be decided for 1 job (missing," in reason for reason in loss.reasons)
    assert answers.result(CheckName.DUPLICATION).status is Status.PASSED
    assert (answers.totals.states_read, answers.totals.states_unread) == (1, 1)


def test_what_was_found_fails_whatever_is_unknown(tmp_path: Path) -> None:
    history = History()
    missing(history)
    history.enqueue(8)
    loss = history.check(tmp_path).result(CheckName.LOSS)
    assert (loss.status, loss.findings[Finding.MISSING], loss.findings[Finding.STUCK]) == (
        Status.FAILED,
        1,
        None,
    )


def test_a_system_that_forgets_is_not_blamed_for_what_may_have_finished(tmp_path: Path) -> None:
    history = History()
    for job, acks in enumerate(
        (
            [(1.1, 1.2, ACKNOWLEDGED)],
            [(1.1, 1.2, UNKNOWN)],
            [(1.1, 1.2, REFUSED)],
            [],
        )
    ):
        history.enqueue(job)
        history.execute(job, 1.0, 1.1, SUCCESS, acks=acks)
        history.final(job, State.ABSENT, attempt=0)
    loss = history.check(tmp_path, keeps_finished=False).result(CheckName.LOSS)
    assert loss.findings[Finding.MISSING] == 2
    assert loss.findings[Finding.CONTRADICTED] is None


def test_the_worst_answer_about_a_job_counts(tmp_path: Path) -> None:
    history = History()
    history.done(7)
    history.final(7, State.RUNNING, read=90.0)
    history.final(7, State.UNREAD, read=110.0)
    assert findings_of(history.check(tmp_path)) == {Finding.STUCK: 1, Finding.FORGOTTEN: 1}


def test_totals_say_what_the_run_did(tmp_path: Path) -> None:
    history = History()
    history.done(0)
    ordinary_retry(history)
    history.enqueue(3, answer=Kind.ENQUEUE_REFUSED)
    history.enqueue(4, answer=None)
    totals = history.check(tmp_path).totals
    assert (totals.planned, totals.enqueued, totals.acknowledged) == (10, 4, 2)
    assert (totals.refused, totals.left_open, totals.recovered) == (1, 1, 0)
    assert (totals.executed, totals.executions, totals.succeeded, totals.failures) == (2, 3, 2, 1)
    assert (totals.states_read, totals.states_unread, totals.finished) == (2, 0, 2)
