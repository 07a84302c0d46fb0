"""Where a gameday stands: a pure fold of its journal, as an explicit state machine.

    at a gate ──go──▶ under way ──done──▶ at the next gate … finished
        ▲                │
        └──interrupted───┘          at a gate ──no-go or stopped──▶ ended early

An entry that is not due where the gameday stands changes nothing: of two people who decide at once, the first counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chaos.gamedays.entries import (
    Answer,
    Began,
    Decided,
    Entry,
    Interrupted,
    Launched,
    Lowered,
    Noted,
    RunEnded,
    Stopped,
)
from chaos.gamedays.model import Gameday, Step


class Stage(StrEnum):
    """Where a gameday stands."""

    AT_GATE = "at a gate"
    UNDER_WAY = "under way"
    FINISHED = "finished"
    ENDED_EARLY = "ended early"


@dataclass(frozen=True)
class StepState:
    """What came of a step so far.

    Attributes:
        decisions: Everything that was decided about it.
        launched: The processes of its experiments, since it was last begun.
        runs: How its experiments ended. One that came to an end is not run again, whatever cuts the step off.
        interruptions: How often, and how, it was cut off.
        over: It is behind us: done or skipped.
    """

    decisions: tuple[Decided, ...] = ()
    launched: tuple[Launched, ...] = ()
    runs: tuple[RunEnded, ...] = ()
    interruptions: tuple[Interrupted, ...] = ()
    over: bool = False

    @property
    def skipped(self) -> bool:
        """Whether it was skipped."""
        return self.over and bool(self.decisions) and self.decisions[-1].answer is Answer.SKIP

    @property
    def cut_off(self) -> tuple[Launched, ...]:
        """The experiments that were begun, and have not ended as far as anybody knows."""
        ended = {run.experiment for run in self.runs}
        return tuple(each for each in self.launched if each.experiment not in ended)


@dataclass(frozen=True)
class GamedayState:
    """Where a gameday stands, and everything that came of it.

    Attributes:
        gameday: What its file said when it began.
        began: How it began.
        stage: Where it stands.
        current: The step at whose gate it stands, or which is under way; as many as there are steps once finished.
        steps: What came of each.
        history: Every entry that counted, in order.
    """

    gameday: Gameday
    began: Began
    stage: Stage
    current: int
    steps: tuple[StepState, ...]
    history: tuple[Entry, ...]

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.stage in (Stage.AT_GATE, Stage.UNDER_WAY)

    @property
    def step(self) -> Step:
        """The current step, while it is open."""
        return self.gameday.steps[self.current]

    @property
    def to_run(self) -> tuple[int, ...]:
        """The experiments of the current step that have not come to an end, by their numbers."""
        ended = {run.experiment for run in self.steps[self.current].runs}
        return tuple(number for number in range(len(self.step.run or ())) if number not in ended)

    @property
    def runs(self) -> list[RunEnded]:
        """How every experiment ended."""
        return [run for step in self.steps for run in step.runs]

    @property
    def notes(self) -> list[Noted]:
        """Notes, findings and action items."""
        return [entry for entry in self.history if isinstance(entry, Noted)]

    @property
    def lowered(self) -> list[Lowered]:
        """Who lowered the recommendation."""
        return [entry for entry in self.history if isinstance(entry, Lowered)]

    @property
    def stopped(self) -> Stopped | None:
        """What stopped it, if anything did."""
        return next((entry for entry in self.history if isinstance(entry, Stopped)), None)

    @property
    def no_go(self) -> Decided | None:
        """The decision that ended it, if one did."""
        decisions = (decision for step in self.steps for decision in step.decisions)
        return next((each for each in decisions if each.answer is Answer.NO_GO), None)

    @property
    def last_at(self) -> datetime:
        """When something happened last."""
        return self.history[-1].at

    def last_runs(self) -> tuple[RunEnded, ...]:
        """How the experiments of the last step that had any ended, before the current one."""
        before = self.steps[: self.current]
        return next((step.runs for step in reversed(before) if step.runs), ())


class NotBegun(ValueError):
    """A journal does not begin with how the gameday began."""


def answers_due(state: GamedayState) -> tuple[Answer, ...]:
    """What can be decided now."""
    if state.stage is Stage.AT_GATE:
        return (Answer.GO, Answer.NO_GO, Answer.SKIP)
    if state.stage is Stage.UNDER_WAY and state.step.do is not None:
        return (Answer.DONE, Answer.NO_GO, Answer.SKIP)
    return ()


def fold(gameday: Gameday, entries: Iterable[Entry]) -> GamedayState:
    """The state after these entries.

    Raises:
        NotBegun: The first of them is not how it began.
    """
    each = iter(entries)
    began = next(each, None)
    if not isinstance(began, Began):
        raise NotBegun("the journal does not say how the gameday began")
    steps = tuple(StepState() for _ in gameday.steps)
    state = GamedayState(gameday, began, Stage.AT_GATE, 0, steps, (began,))
    for entry in each:
        after = _after(state, entry)
        if after is not None:
            state = replace(after, history=(*state.history, entry))
    return state


def _after(state: GamedayState, entry: Entry) -> GamedayState | None:
    """The state after an entry; None if it is not due."""
    match entry:
        case Noted() | Lowered():
            return state
        case Stopped() if state.stage is Stage.AT_GATE:
            return replace(state, stage=Stage.ENDED_EARLY)
        case Decided() if entry.step == state.current and entry.answer in answers_due(state):
            return _decided(state, entry)
        case Launched() | RunEnded() | Interrupted() if (
            entry.step == state.current and state.stage is Stage.UNDER_WAY and state.step.run is not None
        ):
            return _progressed(state, entry)
        case _:
            return None


def _decided(state: GamedayState, entry: Decided) -> GamedayState:
    step = state.steps[state.current]
    step = replace(step, decisions=(*step.decisions, entry))
    match entry.answer:
        case Answer.GO:
            return replace(_with_step(state, replace(step, launched=())), stage=Stage.UNDER_WAY)
        case Answer.NO_GO:
            return replace(_with_step(state, step), stage=Stage.ENDED_EARLY)
        case Answer.SKIP | Answer.DONE:
            return _onward(_with_step(state, replace(step, over=True)))


def _progressed(state: GamedayState, entry: Launched | RunEnded | Interrupted) -> GamedayState | None:
    step = state.steps[state.current]
    match entry:
        case Interrupted():
            interruptions = (*step.interruptions, entry)
            return replace(_with_step(state, replace(step, interruptions=interruptions)), stage=Stage.AT_GATE)
        case Launched() | RunEnded() if entry.experiment not in state.to_run:
            return None
        case Launched():
            return _with_step(state, replace(step, launched=(*step.launched, entry)))
        case RunEnded():
            after = _with_step(state, replace(step, runs=(*step.runs, entry)))
            if after.to_run:
                return after
            return _onward(_with_step(after, replace(after.steps[state.current], over=True)))


def _onward(state: GamedayState) -> GamedayState:
    onward = state.current + 1
    finished = onward == len(state.gameday.steps)
    return replace(state, current=onward, stage=Stage.FINISHED if finished else Stage.AT_GATE)


def _with_step(state: GamedayState, step: StepState) -> GamedayState:
    steps = (*state.steps[: state.current], step, *state.steps[state.current + 1 :])
    return replace(state, steps=steps)
