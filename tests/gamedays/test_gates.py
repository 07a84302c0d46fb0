"""What is decided at a gate without people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import pytest

from chaos.clock import utc_now
from chaos.gamedays.entries import AUTOMATIC, UNATTENDED, Answer, Entry
from chaos.gamedays.gates import decide_without_people, why_to_stop
from chaos.gamedays.model import Gameday
from chaos.gamedays.state import GamedayState, fold
from chaos.verdict.results import ExitCode
from tests.gamedays.conftest import decided, ended, interrupted, launched
from tests.gamedays.test_state import BEGAN

GO, NO_GO, SKIP = Answer.GO, Answer.NO_GO, Answer.SKIP


def _day(gate: str = "passed", more: Mapping[str, object] = MappingProxyType({})) -> Gameday:
    steps = (
        {"title": "One", "expect": "C", "run": "a.yaml"},
        {"title": "Two", "expect": "C", "run": "b.yaml", "gate": gate},
        {"title": "Three", "do": "D"},
    )
    return Gameday.model_validate({"title": "A", "purpose": "B", "steps": steps, **more})


def _at_second(gate: str, code: ExitCode) -> GamedayState:
    return fold(_day(gate), (BEGAN, decided(0, GO), ended(0, code)))


def _answer(state: GamedayState, *, unattended: bool = False) -> tuple[Answer, str] | None:
    decision = decide_without_people(state, unattended=unattended)
    return None if decision is None else (decision.answer, decision.by)


def test_the_first_gate_has_nothing_to_go_by() -> None:
    assert _answer(fold(_day(), (BEGAN,))) == (GO, AUTOMATIC)


@pytest.mark.parametrize(
    ("gate", "code", "answer"),
    [
        ("passed", ExitCode.PASSED, GO),
        ("passed", ExitCode.FAILED, NO_GO),
        ("passed", ExitCode.INCONCLUSIVE, NO_GO),
        ("finished", ExitCode.PASSED, GO),
        ("finished", ExitCode.FAILED, GO),
        ("finished", ExitCode.INCONCLUSIVE, GO),
        ("finished", ExitCode.WRONG_INPUT, NO_GO),
        ("finished", ExitCode.INTERRUPTED, NO_GO),
        ("finished", ExitCode.TOOLKIT_FAILED, NO_GO),
    ],
)
def test_the_verdicts_of_the_last_runs_decide(gate: str, code: ExitCode, answer: Answer) -> None:
    for unattended in (False, True):
        assert _answer(_at_second(gate, code), unattended=unattended) == (answer, AUTOMATIC)


def test_a_step_that_was_skipped_leaves_the_verdicts_before_it() -> None:
    state = fold(_day(), (BEGAN, decided(0, GO), ended(0, ExitCode.FAILED), decided(1, SKIP)))
    assert _answer(state) == (NO_GO, AUTOMATIC)


def test_a_persons_gate_asks_somebody_and_is_told_as_unattended_where_nobody_is() -> None:
    state = _at_second("person", ExitCode.FAILED)
    assert _answer(state) is None
    assert _answer(state, unattended=True) == (GO, UNATTENDED)


@pytest.mark.parametrize("entries", [(decided(2, GO),), ()], ids=["under way", "at its gate"])
def test_what_people_do_is_skipped_where_nobody_is(entries: tuple[Entry, ...]) -> None:
    state = fold(_day(), (BEGAN, decided(0, GO), ended(0), decided(1, GO), ended(1), *entries))
    assert _answer(state, unattended=True) == (SKIP, UNATTENDED)


def test_somebody_is_asked_about_a_step_that_was_cut_off() -> None:
    state = fold(_day(), (BEGAN, decided(0, GO), launched(0), interrupted(0)))
    assert _answer(state) is None
    assert _answer(state, unattended=True) == (GO, UNATTENDED)


@pytest.mark.parametrize(
    ("key", "code"), [("failed", ExitCode.FAILED), ("inconclusive", ExitCode.INCONCLUSIVE)]
)
def test_enough_runs_of_a_kind_stop_it(key: str, code: ExitCode) -> None:
    entries = (BEGAN, decided(0, GO), ended(0, code))
    assert why_to_stop(fold(_day(more={"stop-when": {key: 2}}), entries)) is None
    stopped = why_to_stop(fold(_day(more={"stop-when": {key: 1}}), entries))
    assert stopped is not None
    assert stopped.why == f"1 runs were {key}, and it stops at 1"


def test_the_time_box_stops_it() -> None:
    day = _day(more={"time-box": 60.0})
    for ago_s, over in ((30, False), (90, True)):
        began = BEGAN.model_copy(update={"at": utc_now() - timedelta(seconds=ago_s)})
        assert (why_to_stop(fold(day, (began,))) is not None) == over
