"""What is decided at a gate without people: by the verdicts, by a stop condition, or because nobody is there."""

from __future__ import annotations

from chaos.clock import utc_now
from chaos.gamedays.entries import AUTOMATIC, UNATTENDED, Answer, Decided, Stopped
from chaos.gamedays.model import Gate
from chaos.gamedays.state import GamedayState, Stage
from chaos.verdict.results import ExitCode, Verdict

_LETS_THROUGH = {
    Gate.PASSED: {ExitCode.PASSED},
    Gate.FINISHED: {ExitCode.PASSED, ExitCode.FAILED, ExitCode.INCONCLUSIVE},
}


def why_to_stop(state: GamedayState) -> Stopped | None:
    """What ends a gameday at a gate, whoever would decide there; None if nothing does."""
    now = utc_now()
    box_s = state.gameday.time_box
    if box_s is not None and (now - state.began.at).total_seconds() > box_s:
        return Stopped(at=now, why="its time box is over")
    bounds = state.gameday.stop_when
    for verdict, most in ((Verdict.FAILED, bounds.failed), (Verdict.INCONCLUSIVE, bounds.inconclusive)):
        count = sum(run.verdict is verdict for run in state.runs)
        if most is not None and count >= most:
            return Stopped(at=now, why=f"{count} runs were {verdict}, and it stops at {most}")
    return None


def decide_without_people(state: GamedayState, *, unattended: bool) -> Decided | None:
    """What is decided about the current step without asking anybody; None if somebody is to be asked."""
    step, now = state.step, utc_now()
    by_nobody = Decided(at=now, step=state.current, answer=Answer.GO, by=UNATTENDED, why="nobody was asked")
    if step.do is not None and unattended:
        return by_nobody.model_copy(update={"answer": Answer.SKIP, "why": "nobody was there to do it"})
    if state.stage is Stage.UNDER_WAY:
        return None
    if step.gate is Gate.PERSON or state.steps[state.current].interruptions:
        return by_nobody if unattended else None
    return _by_verdicts(state, step.gate)


def _by_verdicts(state: GamedayState, gate: Gate) -> Decided:
    def decided(answer: Answer, why: str) -> Decided:
        return Decided(at=utc_now(), step=state.current, answer=answer, by=AUTOMATIC, why=why)

    runs = state.last_runs()
    if not runs:
        return decided(Answer.GO, "nothing ran before")
    poor = next((run for run in runs if run.exit_code not in _LETS_THROUGH[gate]), None)
    if poor is None:
        return decided(Answer.GO, f"all of the last runs {gate}")
    how = poor.verdict if poor.exit_code in _LETS_THROUGH[Gate.FINISHED] else "cut short"
    return decided(Answer.NO_GO, f"a last run was {how}, and {gate} is due")
