"""Deciding what is started and what is not, turn by turn. Time is an argument; processes are somebody else's.

One check runs at a time, whatever its schedule: two at once on one machine would each spoil what the other measures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from chaos.processes.identity import ProcessIdentity
from chaos.schedules.accounting import Obstacle, account, in_blackout, too_late
from chaos.schedules.journal import Journal, Pause
from chaos.schedules.model import Schedule
from chaos.schedules.occurrences import DECIDED, Cause, Occurrence, Outcome, outcome_of_exit
from chaos.schedules.reading import Schedules


class Launcher(Protocol):
    """Who runs checks, one at a time."""

    def start(
        self, schedule: Schedule, occurrence: Occurrence, record: Callable[[ProcessIdentity], None]
    ) -> None:
        """Start a check.

        Args:
            schedule: What is run.
            occurrence: Which due time of it.
            record: Called with its process before that does anything.

        Raises:
            OSError: It can't be started.
        """

    def exit_code(self) -> int | None:
        """How the check that was started last has ended, below 0 by a signal; None while it goes on, or if none was."""

    def clear_up(self, occurrence: Occurrence) -> str:
        """End and heal what is left of a check that did not end by itself; what was done, for people."""

    def end(self) -> None:
        """End the check under way, if there is one; it undoes what it changed."""


class Planner:
    """What is decided at each turn.

    Args:
        schedules: The file.
        journal: What was decided before; nothing else is remembered.
        launcher: Who runs checks.
        halted: Why no run may start; None if one may.
        tell: Called with each decision.
    """

    def __init__(
        self,
        schedules: Schedules,
        journal: Journal,
        launcher: Launcher,
        halted: Callable[[], str | None],
        tell: Callable[[Occurrence], None] = lambda _: None,
    ) -> None:
        self._schedules = schedules
        self._journal = journal
        self._launcher = launcher
        self._halted = halted
        self._tell = tell

    def turn(self, now: datetime) -> None:
        """Decide what is to be decided at this moment."""
        self.conclude(now)
        halt = self._halted()
        for schedule in self._schedules:
            for occurrence in account(self._schedules, schedule, self._journal, now, halt):
                self._tell(occurrence)
        self._start(now, halt)

    def conclude(self, now: datetime) -> None:
        """Write down how the check under way has ended, if it has."""
        for occurrence in self._journal.occurrences(Outcome.RUNNING):
            code = self._launcher.exit_code()
            if code is not None:
                self._move(occurrence, *self._ended(occurrence, code), now)

    def _ended(self, occurrence: Occurrence, code: int) -> tuple[Outcome, str]:
        outcome = outcome_of_exit(code)
        if code < 0:
            return outcome, f"ended by signal {-code}; {self._launcher.clear_up(occurrence)}"
        if outcome is Outcome.REFUSED and (halt := self._halted()) is not None:
            return Outcome.HALTED, halt
        return outcome, "" if outcome in DECIDED else f"exit code {code}"

    def _start(self, now: datetime, halt: str | None) -> None:
        """Start the check that has waited longest, unless one is under way; what can't start any more never does."""
        free = not self._journal.occurrences(Outcome.RUNNING, last=1)
        pauses = self._journal.pauses()
        for occurrence in reversed(self._journal.occurrences(Outcome.WAITING)):
            schedule = self._schedules.named(occurrence.schedule)
            obstacle = self._obstacle(schedule, occurrence, pauses, now, halt)
            if obstacle is not None:
                self._move(occurrence, obstacle.outcome, obstacle.why, None)
            elif free and schedule is not None:
                self._begin(schedule, occurrence, now)
                free = False

    def _obstacle(
        self,
        schedule: Schedule | None,
        occurrence: Occurrence,
        pauses: Mapping[str, Pause],
        now: datetime,
        halt: str | None,
    ) -> Obstacle | None:
        if schedule is None:
            return Obstacle(Outcome.MISSED, f"{self._schedules.file} has no such schedule any more")
        pause = pauses.get(schedule.name)
        if pause is not None and occurrence.cause is Cause.SCHEDULED:
            return Obstacle(Outcome.PAUSED, pause.reason)
        if halt is not None:
            return Obstacle(Outcome.HALTED, halt)
        return too_late(schedule, occurrence.due, now) or in_blackout(self._schedules, now)

    def _begin(self, schedule: Schedule, occurrence: Occurrence, now: datetime) -> None:
        """Write down that it begins, and only then begin it: killed in between, it is never begun twice."""
        self._move(occurrence, Outcome.RUNNING, "", now)
        try:
            self._launcher.start(
                schedule, occurrence, lambda process: self._journal.started(occurrence, process)
            )
        except OSError as error:
            running = replace(occurrence, outcome=Outcome.RUNNING)
            self._move(running, Outcome.TOOLKIT_FAILED, f"it can't be started: {error}", now)

    def _move(self, occurrence: Occurrence, to: Outcome, why: str, at: datetime | None) -> None:
        self._journal.move(occurrence, to, why, at)
        self._tell(replace(occurrence, outcome=to, why=why))
