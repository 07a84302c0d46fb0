"""How findings become statuses: bounds, what is allowed, what is unknown, and the totals beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.checks.findings import GROUPS, CheckName, Finding, Status
from chaos.ledger.records import Kind, State
from tests.checks.guilty import (
    double_enqueued,
    forgotten,
    missing,
    overlapping,
    re_executed,
    recovered_by_reading,
    redelivered_after_the_timeout,
)
from tests.checks.history import SUCCESS, History, findings_of, result_with
from tests.checks.test_innocence import ordinary_retry

ACKNOWLEDGED, REFUSED, UNKNOWN = Kind.ACK_ACKNOWLEDGED, Kind.ACK_REFUSED, Kind.ACK_UNKNOWN


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
