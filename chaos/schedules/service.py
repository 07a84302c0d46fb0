"""The service: it wakes when a schedule is due, a check is over, or somebody steers it, and lets the planner decide.

After a crash it first ends and heals what was under way, and then accounts for what it missed.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from types import FrameType
from typing import Final

from chaos.clock import now_ns, seconds_between, utc_now
from chaos.guardian.lock import FileLock
from chaos.processes.own_program import own_program
from chaos.schedules.accounting import why_halted
from chaos.schedules.alarms import AWAKE, Alarms
from chaos.schedules.journal import Journal, Served
from chaos.schedules.occurrences import ENDED, Occurrence, Outcome
from chaos.schedules.place import Place
from chaos.schedules.planner import Launcher, Planner
from chaos.schedules.reading import Schedules

_TOLD_WITHIN_S: Final = 10.0
"""How long it waits, as it ends, for what people are still to be told; the rest is told once it runs again."""
_LOCK_WITHIN_S: Final = 1.0
"""Whoever asks whether a service runs holds its lock for a moment."""


@dataclass(frozen=True)
class Pace:
    """How often the service looks around.

    Attributes:
        looks_every_s: Whether a check is over, and whether somebody steers.
        turns_every_s: It decides though nothing woke it: a clock may have been set, a laptop may have slept.
    """

    looks_every_s: float = 1.0
    turns_every_s: float = 30.0


class Service:
    """One service; a second one on the same state is refused.

    Args:
        schedules: The file.
        place: The state.
        launcher: Who runs checks.
        say: Called with each line for people.
        clock: What time it is, in UTC.
        pace: How often it looks around.

    Raises:
        LockHeld: Another one runs on this state.
        OSError: The state can't be kept there.
        sqlite3.DatabaseError: What is there is no journal.
    """

    def __init__(
        self,
        schedules: Schedules,
        place: Place,
        launcher: Launcher,
        say: Callable[[str], None],
        clock: Callable[[], datetime] = utc_now,
        pace: Pace = Pace(),
    ) -> None:
        self._schedules = schedules
        self._place = place
        self._launcher = launcher
        self._say = say
        self._clock = clock
        self._pace = pace
        place.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = FileLock(
            place.lock,
            f"another service runs on {place.path}: end it, or keep the state of this one elsewhere, with --state",
        )
        self._lock.acquire(_LOCK_WITHIN_S)
        self._journal = Journal(place.journal)
        self._planner = Planner(schedules, self._journal, launcher, why_halted, self._told)
        self._aftermath: subprocess.Popen[bytes] | None = None
        self._to_follow_up = True
        self._stopping = False

    def run(self) -> None:
        """Serve until a signal ends it; the check under way is ended then, and undoes what it changed."""
        alarms = Alarms(self._place)
        with self._signals():
            self._take_over()
            self._recover()
            try:
                alarms.start(self._schedules)
                self._serve(alarms)
            finally:
                self._leave()
                alarms.stop()

    def _serve(self, alarms: Alarms) -> None:
        while not self._stopping:
            AWAKE.clear()
            alarms.see_that_they_ring()
            version = self._journal.version
            self._planner.turn(self._clock())
            self._follow_up()
            self._sleep(version)

    def _sleep(self, version: int) -> None:
        """Wait until there may be something to decide.

        Args:
            version: Of the journal, before the last decisions: another one means that somebody steers.
        """
        start_ns = now_ns()
        under_way = bool(self._journal.occurrences(Outcome.RUNNING, last=1))
        while seconds_between(start_ns, now_ns()) < self._pace.turns_every_s:
            if AWAKE.wait(self._pace.looks_every_s) or self._stopping:
                return
            if self._journal.version != version:
                return
            if under_way and self._launcher.exit_code() is not None:
                return

    def _told(self, occurrence: Occurrence) -> None:
        self._say(str(occurrence))
        self._to_follow_up |= occurrence.outcome in ENDED

    def _follow_up(self) -> None:
        """Start what follows checks that are over, one at a time; what is killed is done after the next check."""
        if not self._to_follow_up or (self._aftermath is not None and self._aftermath.poll() is None):
            return
        if self._journal.to_be_told() or self._journal.notices(pending=True):
            told = (str(self._schedules.file), str(self._place.path))
            try:
                self._aftermath = subprocess.Popen(
                    own_program("chaos.schedules.aftermath", *told),
                    cwd=self._schedules.directory,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                self._say(f"nobody can be told yet: {error}")
                return
        self._to_follow_up = False

    def _take_over(self) -> None:
        before, now = self._journal.served, Served(self._schedules.file, self._schedules.sha256)
        if before is not None and before.file != now.file:
            self._say(f"this state was that of {before.file}: what only that file has starts no more")
        self._journal.serve(now)

    def _recover(self) -> None:
        """End and heal what a service before this one left under way."""
        for occurrence in self._journal.occurrences(Outcome.RUNNING):
            why = f"the service died; {self._launcher.clear_up(occurrence)}"
            self._journal.move(occurrence, Outcome.INTERRUPTED, why, self._clock())
            self._told(replace(occurrence, outcome=Outcome.INTERRUPTED, why=why))

    def _leave(self) -> None:
        """End what is under way, and let the lock go."""
        self._launcher.end()
        self._planner.conclude(self._clock())
        self._end_aftermath()
        self._follow_up()
        self._end_aftermath()
        self._journal.close()
        self._lock.release()

    def _end_aftermath(self) -> None:
        if self._aftermath is None:
            return
        try:
            self._aftermath.wait(_TOLD_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._aftermath.terminate()
            self._aftermath.wait()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Within this block a signal that asks to leave is remembered, and not obeyed in the middle of a step."""

        def leave(_number: int, _frame: FrameType | None) -> None:
            self._stopping = True
            AWAKE.set()

        names = [name for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
        before = {name: signal.signal(getattr(signal, name), leave) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(getattr(signal, name), handler)
