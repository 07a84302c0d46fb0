"""Looking at schedules and steering them, from any process, whether the service runs or not.

`chaos schedule` and the page do all they do through this:

    schedules = read_schedules(Path("schedules.yaml"))
    steering = Steering(schedules, Place.chosen(None))
    for standing in steering.standings():
        print(standing.schedule.name, standing.next_due)
    steering.trigger("nightly")

Nothing here imports the scheduling library. What a running service is to do is written into its journal, which it
looks at every second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from chaos.clock import utc_now
from chaos.guardian.lock import FileLock
from chaos.registry import unknown
from chaos.schedules.accounting import account, in_blackout, why_halted
from chaos.schedules.journal import Journal, KeptNotice, Pause
from chaos.schedules.model import Schedule
from chaos.schedules.occurrences import ENDED, GOING, NOT_BEGUN, Occurrence
from chaos.schedules.place import Place
from chaos.schedules.reading import Schedules
from chaos.schedules.times import due_after


class NotSteered(Exception):
    """What was asked can't be done; the message says why, and what to do."""


@dataclass(frozen=True)
class Standing:
    """How a schedule stands.

    Attributes:
        schedule: The schedule.
        zone: The time zone whose clock it means.
        next_due: When it is due next; None: never again.
        pause: Since when it is paused, and why; None: it is not.
        under_way: What is waiting or running of it.
        last: What became of it last; None: nothing yet.
    """

    schedule: Schedule
    zone: str
    next_due: datetime | None
    pause: Pause | None
    under_way: Occurrence | None
    last: Occurrence | None


@dataclass(frozen=True)
class NextDue:
    """A time at which a schedule will be due.

    Attributes:
        due: When.
        schedule: The schedule's name.
        zone: The time zone whose clock it means.
        blackout: What keeps it from starting then.
    """

    due: datetime
    schedule: str
    zone: str
    blackout: str | None


class Steering:
    """The schedules of one file on one state.

    Args:
        schedules: The file.
        place: The state.
        clock: What time it is, in UTC.

    Attributes:
        schedules: The file.
    """

    def __init__(self, schedules: Schedules, place: Place, clock: Callable[[], datetime] = utc_now) -> None:
        self.schedules = schedules
        self._place = place
        self._clock = clock

    def is_outdated(self) -> bool:
        """Whether the file has changed since the service on this state began: it is read once."""
        with self._journal() as journal:
            served = journal.served
        return served is not None and served.sha256 != self.schedules.sha256

    def service_runs(self) -> bool:
        """Whether a service runs on this state."""
        return self._place.path.is_dir() and not FileLock(self._place.lock, "").comes_free()

    def standings(self) -> list[Standing]:
        """How each schedule stands, in the order of the file."""
        now = self._clock()
        with self._journal() as journal:
            pauses = journal.pauses()
            return [
                self._standing(schedule, journal, pauses.get(schedule.name), now)
                for schedule in self.schedules
            ]

    def upcoming(self, count: int) -> list[NextDue]:
        """The times that are due next, over all schedules, the soonest first. Paused ones have none."""
        now = self._clock()
        with self._journal() as journal:
            paused = set(journal.pauses())
        every = (self._following(schedule, now) for schedule in self.schedules if schedule.name not in paused)
        return list(islice(merge(*every, key=lambda each: (each.due, each.schedule)), count))

    def pause(self, name: str, reason: str) -> None:
        """Let a schedule start nothing until it is resumed; what is under way goes on.

        Raises:
            NotSteered: There is no such schedule.
        """
        self._named(name)
        with self._journal() as journal:
            now = self._clock()
            journal.accounted_until(name, now)
            journal.pause(name, now, reason)

    def resume(self, name: str) -> Pause | None:
        """Let a schedule start again; what had paused it. What was due meanwhile is recorded as paused.

        Raises:
            NotSteered: There is no such schedule.
        """
        schedule = self._named(name)
        with self._journal() as journal:
            pause = journal.pauses().get(name)
            account(self.schedules, schedule, journal, self._clock(), why_halted())
            journal.resume(name)
        return pause

    def trigger(self, name: str) -> Occurrence:
        """Let a schedule be due now. A running service starts it; one that starts soon enough does, too.

        Raises:
            NotSteered: There is no such schedule, it is in a blackout, or runs are halted.
        """
        self._named(name)
        now = self._clock()
        if (blackout := in_blackout(self.schedules, now)) is not None:
            raise NotSteered(f"nothing begins now, in the blackout {blackout.why}: trigger {name} after it")
        if (halt := why_halted()) is not None:
            raise NotSteered(f"runs are halted: {halt}; `chaos resume` lets them start again")
        with self._journal() as journal:
            journal.accounted_until(name, now)
            return journal.trigger(name, now)

    def history(self, name: str | None = None, last: int = 20) -> list[Occurrence]:
        """What became of the newest due times, of one schedule or of all.

        Raises:
            NotSteered: There is no such schedule.
        """
        if name is not None:
            self._named(name)
        with self._journal() as journal:
            return journal.occurrences(schedule=name, last=last)

    def notices(self) -> list[KeptNotice]:
        """The notices that are still to be told, and then those that were tried."""
        with self._journal() as journal:
            return [*journal.notices(pending=True), *journal.notices(pending=False)]

    def _standing(self, schedule: Schedule, journal: Journal, pause: Pause | None, now: datetime) -> Standing:
        zone = self.schedules.zone_of(schedule)
        going = journal.occurrences(*GOING, schedule=schedule.name, last=1)
        last = journal.occurrences(*ENDED, *NOT_BEGUN, schedule=schedule.name, last=1)
        following = None if pause else next(due_after(schedule, zone, now), None)
        return Standing(
            schedule, zone, following, pause, going[0] if going else None, last[0] if last else None
        )

    def _following(self, schedule: Schedule, now: datetime) -> Iterator[NextDue]:
        zone = self.schedules.zone_of(schedule)
        for due in due_after(schedule, zone, now):
            blackout = in_blackout(self.schedules, due)
            yield NextDue(due, schedule.name, zone, None if blackout is None else blackout.why)

    def _named(self, name: str) -> Schedule:
        schedule = self.schedules.named(name)
        if schedule is None:
            raise NotSteered(unknown("schedule", name, (each.name for each in self.schedules)))
        return schedule

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        journal = Journal(self._place.journal)
        try:
            self._see_whose(journal)
            yield journal
        finally:
            journal.close()

    def _see_whose(self, journal: Journal) -> None:
        """Refuse to steer the schedules of another file, which may well have the same names."""
        served = journal.served
        if served is None or served.file == self.schedules.file:
            return
        if not (served.file.exists() and served.file.samefile(self.schedules.file)):
            raise NotSteered(
                f"the state in {self._place.path} is that of {served.file}, and not of {self.schedules.file}: "
                "name that file with --file, or the state of this one with --state"
            )
