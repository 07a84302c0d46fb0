"""Walking through a gameday: what is due is done, what was decided (here or elsewhere) is followed, to its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from chaos.clock import utc_now
from chaos.gamedays.entries import Entry, Interrupted
from chaos.gamedays.experiments import RunningExperiment, ended_meanwhile, start
from chaos.gamedays.gates import decide_without_people, why_to_stop
from chaos.gamedays.kept import KeptGameday
from chaos.gamedays.state import GamedayState, Stage
from chaos.guardian.halting import halted
from chaos.launching.clearing import clear_up
from chaos.verdict.results import ExitCode

_LOOKS_EVERY_S: Final = 0.2
_BY: Final = "chaos gameday"


class Left(Exception):
    """Whoever walked through the gameday left; it can be resumed where it stands."""


class Companion(Protocol):
    """Whoever walks along: a terminal. It may decide and note by way of the gameday itself."""

    @property
    def leaving(self) -> bool:
        """Whether they leave as soon as no experiment runs."""

    def arrived(self, state: GamedayState) -> None:
        """The walk has come to a gate, a manual step, or experiments to run."""

    def asked(self, state: GamedayState) -> None:
        """Somebody is to decide."""

    def happened(self, state: GamedayState, entry: Entry) -> None:
        """Something happened, here or elsewhere."""

    def told(self, text: str) -> None:
        """Something that people should know, and that is not in the journal."""

    def attend(self, within_s: float) -> None:
        """Listen for so long, and act on what was said."""


def walk(gameday: KeptGameday, companion: Companion, *, unattended: bool) -> GamedayState:
    """Walk from where the gameday stands to its end.

    Args:
        gameday: The gameday; whoever walks through it holds its lock.
        companion: Who is told, and may answer.
        unattended: Nobody is asked: people's gates are recorded as unattended, manual steps are skipped.

    Raises:
        Left: The companion leaves, or runs are halted. What was under way is undone, and told as interrupted.
    """
    return _Walk(gameday, companion, unattended=unattended).to_the_end()


class _Walk:
    def __init__(self, gameday: KeptGameday, companion: Companion, *, unattended: bool) -> None:
        self._gameday = gameday
        self._companion = companion
        self._unattended = unattended
        self._read_bytes = gameday.journal.size
        self._state = gameday.state()
        self._told = len(self._state.history)

    def to_the_end(self) -> GamedayState:
        if self._state.stage is Stage.UNDER_WAY and self._state.step.run is not None:
            self._take_up_again()
        shown = asked = None
        while (state := self._look()).is_open:
            here = (state.current, state.stage)
            if here != shown:
                shown = here
                self._companion.arrived(state)
            if state.stage is Stage.AT_GATE and (stopped := why_to_stop(state)) is not None:
                self._gameday.append(stopped)
            elif self._companion.leaving:
                raise Left
            elif state.stage is Stage.UNDER_WAY and state.step.run is not None:
                self._run_experiments(state)
            elif (decision := decide_without_people(state, unattended=self._unattended)) is not None:
                self._gameday.append(decision)
            else:
                if here != asked:
                    asked = here
                    self._companion.asked(state)
                self._companion.attend(_LOOKS_EVERY_S)
        return state

    def _look(self) -> GamedayState:
        """Where it stands now; what happened since the last look is told."""
        size = self._gameday.journal.size
        if size != self._read_bytes:
            self._read_bytes = size
            self._state = self._gameday.state()
        for entry in self._state.history[self._told :]:
            self._told += 1
            self._companion.happened(self._state, entry)
        return self._state

    def _take_up_again(self) -> None:
        """The walk was killed while experiments ran: what ended meanwhile counts, what did not is ended and healed."""
        state, cleared = self._state, []
        for launched in state.steps[state.current].cut_off:
            done = clear_up(launched.process, _BY)
            ended = ended_meanwhile(self._gameday, state, launched)
            if ended is not None:
                self._gameday.append(ended)
            else:
                cleared.append(f"experiment {launched.experiment + 1}: {done}")
        if cleared:
            what = f"the walk was killed; {'; '.join(cleared)}"
            self._gameday.append(Interrupted(at=utc_now(), step=state.current, what=what))

    def _run_experiments(self, state: GamedayState) -> None:
        """Run what is to be run of the step under way, at the same time or one after the other."""
        batches = [state.to_run] if state.step.in_parallel else [(number,) for number in state.to_run]
        running: list[RunningExperiment] = []
        try:
            for batch in batches:
                self._refuse_if_halted()
                if self._companion.leaving:
                    raise Left
                for number in batch:
                    running.append(start(self._gameday, state, number))
                while running:
                    self._companion.attend(_LOOKS_EVERY_S)
                    self._take_ended(state, running)
                    self._look()
        except BaseException:  # whatever ends the walk ends what it started, first
            self._cut_off(state, running)
            raise

    def _refuse_if_halted(self) -> None:
        if (halt := halted()) is not None:
            self._companion.told(f"runs are halted: {halt}; `chaos resume` lets them start again")
            raise Left

    def _take_ended(self, state: GamedayState, running: list[RunningExperiment]) -> None:
        """Keep how those ended that have; they are no longer among the running ones.

        Raises:
            Left: One was ended by a halt.
        """
        for experiment in tuple(running):
            ended = experiment.ended(state.current)
            if ended is None:
                continue
            if ended.exit_code is ExitCode.INTERRUPTED:
                self._refuse_if_halted()
            running.remove(experiment)
            self._gameday.append(ended)

    def _cut_off(self, state: GamedayState, running: Sequence[RunningExperiment]) -> None:
        """End what runs; what came to a verdict all the same counts."""
        if not running:
            return
        for experiment in running:
            experiment.run.ask_to_end()
        self._companion.told("ending what runs; its faults are undone first")
        cut_off = []
        for experiment in running:
            experiment.run.end()
            ended = experiment.ended(state.current)
            if ended is None or ended.exit_code is ExitCode.INTERRUPTED:
                cut_off.append(str(experiment.number + 1))
            else:
                self._gameday.append(ended)
        if cut_off:
            what = f"experiment {', '.join(cut_off)} was ended, and what it had changed undone"
            self._gameday.append(Interrupted(at=utc_now(), step=state.current, what=what))
