"""Whether to release, by what came of a gameday: never better than the verdicts, and people can only lower it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chaos.gamedays.entries import AUTOMATIC, Recommendation
from chaos.gamedays.state import GamedayState
from chaos.verdict.results import ExitCode, Verdict, worst

_WORST_FIRST: Final = tuple(Recommendation)


@dataclass(frozen=True)
class Limit:
    """Something that keeps the recommendation from being better than this."""

    at_most: Recommendation
    why: str


def limits(state: GamedayState) -> list[Limit]:
    """Everything that speaks against `go`."""
    return list(_limits(state))


def recommend(state: GamedayState) -> Recommendation:
    """The recommendation: the worst of what its limits allow."""
    found = [limit.at_most for limit in _limits(state)]
    return min(found, key=_WORST_FIRST.index, default=Recommendation.GO)


def below(recommendation: Recommendation) -> Sequence[Recommendation]:
    """What it can be lowered to, the worst first."""
    return _WORST_FIRST[: _WORST_FIRST.index(recommendation)]


def exit_code(state: GamedayState) -> ExitCode:
    """What the command answers; 0 with `go` alone.

    The worst code of the runs; beside them 1 for somebody's no-go, 4 for a gameday that was left before its end, and 3
    for whatever else keeps the recommendation from being `go`.
    """
    codes = [run.exit_code for run in state.runs]
    by_person = state.no_go is not None and state.no_go.by != AUTOMATIC
    if by_person or any(each.to is Recommendation.NO_GO for each in state.lowered):
        codes.append(ExitCode.FAILED)
    if state.is_open:
        codes.append(ExitCode.INTERRUPTED)
    if recommend(state) is not Recommendation.GO:
        codes.append(ExitCode.INCONCLUSIVE)
    return worst(codes)


def _limits(state: GamedayState) -> Iterator[Limit]:
    for number, (planned, step) in enumerate(zip(state.gameday.steps, state.steps, strict=True), start=1):
        name = f"step {number} ({planned.title})"
        for run in step.runs:
            file = (planned.run or ())[run.experiment].file
            if run.verdict is Verdict.FAILED:
                yield Limit(Recommendation.NO_GO, f"{name}: {file} failed")
            elif run.verdict is not Verdict.PASSED or run.exit_code is not ExitCode.PASSED:
                yield Limit(Recommendation.GO_WITH_RISKS, f"{name}: {file} came to no verdict on the system")
        if step.interruptions:
            yield Limit(Recommendation.GO_WITH_RISKS, f"{name} was cut off, and begun again if it went on")
        if step.skipped:
            why = step.decisions[-1].why
            yield Limit(Recommendation.GO_WITH_RISKS, f"{name} was skipped{': ' if why else ''}{why}")
        elif not step.over:
            yield Limit(Recommendation.GO_WITH_RISKS, f"{name} was not done")
    if (no_go := state.no_go) is not None:
        why = f": {no_go.why}" if no_go.why else ""
        yield Limit(Recommendation.NO_GO, f"no-go by {no_go.by} at step {no_go.step + 1}{why}")
    if state.stopped is not None:
        yield Limit(Recommendation.GO_WITH_RISKS, f"it was stopped: {state.stopped.why}")
    for lowered in state.lowered:
        yield Limit(lowered.to, f"lowered to {lowered.to} by {lowered.by}: {lowered.why}")
    if not any(run.verdict is Verdict.PASSED for run in state.runs):
        yield Limit(Recommendation.NO_GO, "no run passed, so nothing speaks for a release")
