"""Where a gameday stands follows from its journal; an entry that is not due changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.gamedays.entries import Answer, Began, Entry, Noted, NoteKind, Stopped
from chaos.gamedays.model import Gameday
from chaos.gamedays.state import GamedayState, NotBegun, Stage, answers_due, fold
from chaos.verdict.results import ExitCode
from tests.gamedays.conftest import at, decided, ended, interrupted, launched

BEGAN = Began(at=at(0), file="day.yaml", experiments_from="/x", directory="/x")
GAMEDAY = Gameday.model_validate(
    {
        "title": "A",
        "purpose": "B",
        "steps": (
            {"title": "Manual", "do": "Tidy up."},
            {"title": "Two runs", "expect": "C", "run": ["a.yaml", "b.yaml"]},
        ),
    }
)
GO, NO_GO, SKIP, DONE = Answer.GO, Answer.NO_GO, Answer.SKIP, Answer.DONE
TO_RUNS = (decided(0, GO), decided(0, DONE), decided(1, GO))
STOPPED = Stopped(at=at(5), why="the time box is over")
ENTRIES = st.one_of(
    st.builds(decided, st.integers(0, 2), st.sampled_from(Answer)),
    st.builds(launched, st.integers(0, 2), st.integers(0, 2)),
    st.builds(ended, st.integers(0, 2), st.sampled_from(ExitCode), st.integers(0, 2)),
    st.builds(interrupted, st.integers(0, 2)),
    st.just(STOPPED),
)


def _after(*entries: Entry) -> GamedayState:
    return fold(GAMEDAY, (BEGAN, *entries))


def test_a_journal_that_does_not_say_how_it_began_is_refused() -> None:
    with pytest.raises(NotBegun):
        fold(GAMEDAY, [decided(0, GO)])


@pytest.mark.parametrize(
    ("entries", "stage", "current", "due"),
    [
        ((), Stage.AT_GATE, 0, (GO, NO_GO, SKIP)),
        ((decided(0, GO),), Stage.UNDER_WAY, 0, (DONE, NO_GO, SKIP)),
        ((decided(0, GO), decided(0, DONE)), Stage.AT_GATE, 1, (GO, NO_GO, SKIP)),
        ((decided(0, SKIP),), Stage.AT_GATE, 1, (GO, NO_GO, SKIP)),
        ((decided(0, NO_GO),), Stage.ENDED_EARLY, 0, ()),
        ((STOPPED,), Stage.ENDED_EARLY, 0, ()),
        (TO_RUNS, Stage.UNDER_WAY, 1, ()),
        ((*TO_RUNS, ended(1)), Stage.UNDER_WAY, 1, ()),
        ((*TO_RUNS, ended(1), ended(1, experiment=1)), Stage.FINISHED, 2, ()),
        ((*TO_RUNS, launched(1), interrupted(1)), Stage.AT_GATE, 1, (GO, NO_GO, SKIP)),
    ],
)
def test_the_way_through_a_gameday(
    entries: tuple[Entry, ...], stage: Stage, current: int, due: tuple[Answer, ...]
) -> None:
    state = _after(*entries)
    assert (state.stage, state.current, answers_due(state)) == (stage, current, due)
    assert state.history == (BEGAN, *entries)


@pytest.mark.parametrize(
    ("before", "entry"),
    [
        ((), decided(1, GO)),
        ((), decided(0, DONE)),
        ((), ended(0)),
        ((decided(0, GO),), decided(0, GO)),
        ((decided(0, GO),), launched(0)),
        ((decided(0, GO),), STOPPED),
        (TO_RUNS, decided(1, NO_GO)),
        (TO_RUNS, ended(0)),
        (TO_RUNS, ended(1, experiment=2)),
        ((*TO_RUNS, ended(1)), ended(1, ExitCode.FAILED)),
        ((*TO_RUNS, ended(1)), launched(1)),
        ((decided(0, NO_GO),), decided(0, GO)),
    ],
)
def test_what_is_not_due_changes_nothing(before: tuple[Entry, ...], entry: Entry) -> None:
    assert _after(*before, entry) == _after(*before)


def test_of_two_people_who_decide_at_once_the_first_counts() -> None:
    state = _after(decided(0, NO_GO, by="bob"), decided(0, GO, by="ann"))
    assert [each.by for each in state.steps[0].decisions] == ["bob"]


def test_an_experiment_that_came_to_its_end_is_not_run_again_whatever_cuts_its_step_off() -> None:
    cut_off = _after(*TO_RUNS, launched(1), ended(1, ExitCode.FAILED), launched(1, 1), interrupted(1))
    assert cut_off.to_run == (1,)
    again = _after(*TO_RUNS, launched(1), ended(1, ExitCode.FAILED), interrupted(1), decided(1, GO))
    assert again.to_run == (1,)
    assert [run.exit_code for run in again.runs] == [ExitCode.FAILED]


def test_what_was_launched_and_has_not_ended_is_known() -> None:
    state = _after(*TO_RUNS, launched(1), launched(1, 1), ended(1))
    assert [each.experiment for each in state.steps[1].cut_off] == [1]


def test_notes_are_kept_at_any_time() -> None:
    note = Noted(at=at(9), kind=NoteKind.FINDING, text="slow", by="ann")
    assert _after(note).notes == _after(decided(0, NO_GO), note).notes == [note]


@given(st.lists(ENTRIES, max_size=30))
def test_any_journal_leads_to_a_state_that_makes_sense(entries: list[Entry]) -> None:
    state = _after(*entries)
    assert fold(GAMEDAY, state.history) == state
    assert (state.current == len(GAMEDAY.steps)) == (state.stage is Stage.FINISHED)
    assert all(step.over for step in state.steps[: state.current])
    assert not any(step.over for step in state.steps[state.current :])
    for step in state.steps:
        numbers = [run.experiment for run in step.runs]
        assert len(numbers) == len(set(numbers))
