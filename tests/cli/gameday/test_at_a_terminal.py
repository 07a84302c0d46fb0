"""Somebody walks through a gameday at a terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.gamedays.entries import Answer, NoteKind
from chaos.gamedays.record import MARKDOWN
from chaos.gamedays.state import Stage
from tests.cli.gameday.awaiting import runs_of, wait_for_run
from tests.cli.gameday.conftest import AtTerminal, chaos, newest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")

Sit = Callable[..., AtTerminal]
DUE = "go / no-go / skip?"


@pytest.fixture
def sit(place: Path, terminals: list[AtTerminal]) -> Sit:
    """Somebody who sits down before a terminal and gives a command."""

    def down(*arguments: str) -> AtTerminal:
        terminals.append(AtTerminal(place, *arguments))
        return terminals[-1]

    return down


def test_questions_are_answered_notes_kept_and_a_record_is_written(place: Path, sit: Sit) -> None:
    ann = sit("run", "talk.yaml", "--by", "ann")
    ann.shows("Step 1 of 2: First")
    ann.shows(DUE)
    ann.type("go as planned\n")
    ann.shows("go by ann: as planned")
    ann.shows("done / no-go / skip?")
    ann.type("note the second chart is empty\naction bob: mend the chart\nfinding nobody is on call\n")
    ann.shows("finding kept, by ann: nobody is on call")
    ann.type("done\n")
    ann.shows("Step 2 of 2: Second")
    ann.shows(DUE)
    ann.type("skip no time\n")
    ann.shows("recommendation: no-go")
    assert ann.ends_with() == 3
    record = (newest(place).path / MARKDOWN).read_text(encoding="utf-8")
    for told in ("by ann: as planned", "the second chart is empty", "**bob**: mend the chart", "on call"):
        assert told in record


def test_what_can_not_be_understood_is_said_and_changes_nothing(place: Path, sit: Sit) -> None:
    ann = sit("run", "talk.yaml")
    ann.shows(DUE)
    for typed, told in (
        ("yes\n", "yes is nothing that can be said here"),
        ("done\n", "done is not due at step 1: due is go or no-go or skip"),
        ("note\n", "note is nothing that can be said here"),
        ("action mend the chart\n", "action mend the chart is nothing that can be said here"),
        ("help\n", "action OWNER: TEXT"),
    ):
        ann.type(typed)
        ann.shows(told)
    state = newest(place).state()
    assert (state.current, state.stage, len(state.history)) == (0, Stage.AT_GATE, 1)


def test_an_answer_that_was_typed_twice_does_not_answer_the_next_question(place: Path, sit: Sit) -> None:
    ann = sit("run", "talk.yaml")
    ann.shows(DUE)
    ann.type("skip\nskip\n")
    ann.shows("skip was typed before this was asked, and does not count")
    assert newest(place).state().current == 1


def test_what_is_no_utf_8_is_kept_as_far_as_it_can_be_read(place: Path, sit: Sit) -> None:
    ann = sit("run", "talk.yaml", "--by", "ann")
    ann.shows(DUE)
    ann.type(b"note caf\xe9 closed\n")
    ann.shows("note kept, by ann: caf")
    ann.type("no-go\n")
    assert ann.ends_with() == 1
    assert chaos(place, "note", b"caf\xe9 open").returncode == 0
    assert [note.text for note in newest(place).state().notes] == ["caf\ufffd closed", "caf? open"]


@pytest.mark.parametrize("leave", ["\x03", "\x04", "leave\n"], ids=["Ctrl-C", "Ctrl-D", "leave"])
def test_who_leaves_at_a_gate_finds_it_again(place: Path, sit: Sit, leave: str) -> None:
    ann = sit("run", "talk.yaml")
    ann.shows(DUE)
    ann.type("skip\n")
    ann.shows("Step 2 of 2")
    ann.shows(DUE)
    ann.type(leave)
    ann.shows(f"`chaos gameday resume {newest(place).name}` goes on")
    assert ann.ends_with() == 4
    assert "nobody walks through it now" in chaos(place, "status").stdout
    again = sit("resume")
    again.shows("Step 2 of 2: Second")
    again.shows(DUE)
    again.type("no-go\n")
    again.shows("ended early")
    assert again.ends_with() == 1


def test_a_second_person_takes_part_from_another_terminal_and_can_not_walk_too(place: Path, sit: Sit) -> None:
    ann = sit("run", "talk.yaml")
    ann.shows(DUE)
    second = chaos(place, "resume")
    assert (second.returncode, "is walked through elsewhere" in second.stderr) == (2, True)
    assert chaos(place, "note", "all quiet", "--by", "bob").returncode == 0
    ann.shows("note kept, by bob: all quiet")
    assert chaos(place, "decide", "no-go", "--by", "bob", "--why", "an incident").returncode == 0
    ann.shows("no-go by bob: an incident")
    assert ann.ends_with() == 1
    late = chaos(place, "decide", "go")
    assert (late.returncode, "is over" in late.stderr) == (2, True)


def test_ctrl_c_while_an_experiment_runs_undoes_it_and_the_step_is_asked_about_again(
    place: Path, sit: Sit
) -> None:
    ann = sit("run", "run-long.yaml")
    ann.shows("running long.yaml")
    wait_for_run(place)
    ann.type("\x03")
    ann.shows("ending what runs")
    ann.shows("goes on")
    assert ann.ends_with() == 4
    assert not runs_of(place)
    again = sit("resume")
    again.shows("it was cut off, and is asked about again")
    again.shows(DUE)
    again.type("no-go\n")
    assert again.ends_with() == 1


def test_a_terminal_that_is_closed_while_an_experiment_runs_leaves_nothing_behind(
    place: Path, sit: Sit
) -> None:
    ann = sit("run", "run-long.yaml")
    ann.shows("running long.yaml")
    wait_for_run(place)
    ann.close()
    assert ann.ends_with() == 4
    assert not runs_of(place)
    state = newest(place).state()
    assert (state.stage, len(state.steps[0].interruptions)) == (Stage.AT_GATE, 1)
    assert (newest(place).path / MARKDOWN).exists()


def test_answers_are_not_due_while_an_experiment_runs_but_notes_are_kept(place: Path, sit: Sit) -> None:
    ann = sit("run", "run-long.yaml")
    ann.shows("running long.yaml")
    ann.type("no-go\nnote it is slow\n")
    ann.shows("no-go is not due at step 1: its experiments are running; `chaos halt` ends them")
    ann.shows("note kept")
    ann.process.send_signal(signal.SIGTERM)
    assert ann.ends_with() == 4
    assert [(note.kind, note.text) for note in newest(place).state().notes] == [(NoteKind.NOTE, "it is slow")]
    assert newest(place).state().steps[0].decisions[-1].answer is Answer.GO
