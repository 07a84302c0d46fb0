"""Which exit code speaks for many, and which verdict goes with it."""

import itertools

import pytest

from chaos.ledger.events import Note
from chaos.verdict.judge import NOTE_CODES
from chaos.verdict.results import ExitCode, Verdict, verdict_of, worst

BEATS = [
    ExitCode.TOOLKIT_FAILED,
    ExitCode.INTERRUPTED,
    ExitCode.WRONG_INPUT,
    ExitCode.FAILED,
    ExitCode.INCONCLUSIVE,
    ExitCode.PASSED,
]


@pytest.mark.parametrize(("stronger", "weaker"), list(itertools.combinations(BEATS, 2)))
def test_the_stronger_code_speaks_for_both(stronger: ExitCode, weaker: ExitCode) -> None:
    assert worst([weaker, stronger]) is stronger
    assert worst([stronger, weaker, weaker]) is stronger


def test_nothing_to_complain_about_is_passed() -> None:
    assert worst([]) is ExitCode.PASSED


def test_only_code_0_is_passed_and_only_code_1_is_failed() -> None:
    assert {code: verdict_of(code) for code in ExitCode} == {
        ExitCode.PASSED: Verdict.PASSED,
        ExitCode.FAILED: Verdict.FAILED,
        ExitCode.WRONG_INPUT: Verdict.INCONCLUSIVE,
        ExitCode.INCONCLUSIVE: Verdict.INCONCLUSIVE,
        ExitCode.INTERRUPTED: Verdict.INCONCLUSIVE,
        ExitCode.TOOLKIT_FAILED: Verdict.INCONCLUSIVE,
    }


def test_every_note_but_a_remark_keeps_a_run_from_passing() -> None:
    assert set(Note) - set(NOTE_CODES) == {Note.LOAD_FELL_SHORT, Note.NOT_WATCHED}
    assert ExitCode.PASSED not in NOTE_CODES.values()


def test_a_run_that_was_ended_from_outside_counts_as_interrupted() -> None:
    outside = (Note.INTERRUPTED, Note.HALTED, Note.GUARDIAN_DIED)
    assert {NOTE_CODES[note] for note in outside} == {ExitCode.INTERRUPTED}
