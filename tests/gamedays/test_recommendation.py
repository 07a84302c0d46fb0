"""The recommendation follows from the verdicts, is never better than they allow, and 0 is answered with `go` alone."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.gamedays.entries import AUTOMATIC, Answer, Entry, Lowered, Noted, NoteKind, Recommendation
from chaos.gamedays.model import Gameday
from chaos.gamedays.recommendation import exit_code, limits, recommend
from chaos.gamedays.state import GamedayState, Stage, fold
from chaos.verdict.results import ExitCode, Verdict
from tests.gamedays.conftest import at, decided, ended, interrupted, launched
from tests.gamedays.test_state import BEGAN, STOPPED

GO, NO_GO, SKIP, DONE = Answer.GO, Answer.NO_GO, Answer.SKIP, Answer.DONE
LADDER = list(Recommendation)
GAMEDAY = Gameday.model_validate(
    {
        "title": "A",
        "purpose": "B",
        "steps": (
            {"title": "One", "expect": "C", "run": "a.yaml"},
            {"title": "Two", "expect": "C", "run": ["b.yaml", "c.yaml"]},
        ),
    }
)
WHOLE = (decided(0, GO), ended(0), decided(1, GO), ended(1), ended(1, experiment=1))


def _after(*entries: Entry) -> GamedayState:
    return fold(GAMEDAY, (BEGAN, *entries))


def _lowered(to: Recommendation) -> Lowered:
    return Lowered(at=at(60), to=to, by="ann", why="the dashboards looked odd")


def _with_second_run(code: ExitCode) -> tuple[Entry, ...]:
    return (*WHOLE[:3], ended(1, code), WHOLE[4])


@pytest.mark.parametrize(
    ("entries", "recommendation", "code"),
    [
        (WHOLE, "go", 0),
        (_with_second_run(ExitCode.FAILED), "no-go", 1),
        (_with_second_run(ExitCode.INCONCLUSIVE), "go with risks", 3),
        (_with_second_run(ExitCode.WRONG_INPUT), "go with risks", 2),
        (_with_second_run(ExitCode.INTERRUPTED), "go with risks", 4),
        (_with_second_run(ExitCode.TOOLKIT_FAILED), "go with risks", 5),
        ((*WHOLE[:2], decided(1, SKIP)), "go with risks", 3),
        ((decided(0, SKIP), decided(1, SKIP)), "no-go", 3),
        ((*WHOLE[:2], decided(1, NO_GO, by="ann")), "no-go", 1),
        ((decided(0, GO), ended(0, ExitCode.INCONCLUSIVE), decided(1, NO_GO, by=AUTOMATIC)), "no-go", 3),
        ((*WHOLE[:2], STOPPED), "go with risks", 3),
        (WHOLE[:2], "go with risks", 4),
        ((decided(0, GO), launched(0), interrupted(0), *WHOLE), "go with risks", 3),
        ((*WHOLE, _lowered(Recommendation.GO_WITH_RISKS)), "go with risks", 3),
        ((*WHOLE, _lowered(Recommendation.NO_GO)), "no-go", 1),
        ((*_with_second_run(ExitCode.FAILED), _lowered(Recommendation.GO_WITH_RISKS)), "no-go", 1),
    ],
)
def test_what_is_recommended_and_answered(entries: tuple[Entry, ...], recommendation: str, code: int) -> None:
    state = _after(*entries)
    assert recommend(state) == recommendation
    assert exit_code(state) == code
    assert bool(limits(state)) == (recommendation != "go")


ANY = st.one_of(
    st.builds(decided, st.integers(0, 1), st.sampled_from(Answer), st.sampled_from(["ann", AUTOMATIC])),
    st.builds(ended, st.integers(0, 1), st.sampled_from(ExitCode), st.integers(0, 1)),
    st.builds(interrupted, st.integers(0, 1)),
    st.builds(_lowered, st.sampled_from(Recommendation)),
    st.just(STOPPED),
    st.just(Noted(at=at(9), kind=NoteKind.NOTE, text="all is well, go", by="ann")),
)
PLAUSIBLE = st.tuples(
    *(st.lists(ANY, max_size=2) for _ in WHOLE),
    st.tuples(*(st.sampled_from(ExitCode) for _ in range(3))),
).map(
    lambda drawn: [
        entry
        for before, whole in zip(
            drawn[:-1],
            (WHOLE[0], ended(0, drawn[-1][0]), WHOLE[2], ended(1, drawn[-1][1]), ended(1, drawn[-1][2], 1)),
            strict=True,
        )
        for entry in (*before, whole)
    ]
)


@given(PLAUSIBLE | st.lists(ANY, max_size=20))
def test_it_is_never_better_than_the_verdicts(entries: list[Entry]) -> None:
    state = _after(*entries)
    verdicts = [run.verdict for run in state.runs]
    if Verdict.FAILED in verdicts or Verdict.PASSED not in verdicts:
        assert recommend(state) is Recommendation.NO_GO
    if Verdict.INCONCLUSIVE in verdicts or len(verdicts) < 3 or state.stage is not Stage.FINISHED:
        assert recommend(state) is not Recommendation.GO


@given(PLAUSIBLE | st.lists(ANY, max_size=20))
def test_0_is_answered_with_go_alone(entries: list[Entry]) -> None:
    state = _after(*entries)
    assert (exit_code(state) is ExitCode.PASSED) == (recommend(state) is Recommendation.GO)


@given(PLAUSIBLE)
def test_once_it_is_over_nothing_raises_it(entries: list[Entry]) -> None:
    states = [_after(*entries[:length]) for length in range(len(entries) + 1)]
    for before, after in pairwise(state for state in states if not state.is_open):
        assert LADDER.index(recommend(after)) <= LADDER.index(recommend(before))
