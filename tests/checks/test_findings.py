"""Each finding of docs/checks.md: a history that shows it, one beside it that doesn't, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.checks.findings import TREATMENT, CheckName, Finding, Status, Treatment
from chaos.experiment.model import Guarantee
from tests.checks.guilty import (
    abandoned,
    abandoned_by_cancelling,
    contradicted,
    corrupted,
    corrupted_by_a_swap,
    double_enqueued,
    double_enqueued_behind_an_open_try,
    forgotten,
    forgotten_though_dead,
    heard_twice,
    misreported_result,
    misreported_state,
    missing,
    never_run,
    never_run_to_a_success,
    over_attempted,
    over_attempted_after_a_retry,
    over_attempted_with_success,
    overlapping,
    phantom_never_enqueued,
    phantom_of_no_name,
    phantom_of_no_plan,
    phantom_refused,
    re_executed,
    re_executed_before_the_answer_was_seen,
    recovered_by_execution,
    recovered_by_reading,
    redelivered_after_the_timeout,
    redelivered_before_the_ack_got_through,
    redelivered_without_an_answer,
    run_after_cancel,
    stuck,
    stuck_in_the_hands_of_nobody,
    uncancelled,
    unheard,
    unheard_anew,
    unretried,
)
from tests.checks.history import History, findings_of, result_with

Told = Callable[[History], None]


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
