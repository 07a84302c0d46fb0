"""Being woken when a schedule is due, by APScheduler, which keeps in a file of its own when that is.

It only wakes: what is due, and what becomes of it, is decided by the planner from the journal. An alarm that comes
late, twice or not at all, because a clock was set or a laptop slept, therefore changes nothing but how soon that is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy.exc import SQLAlchemyError

from chaos.schedules.model import Schedule
from chaos.schedules.place import Place
from chaos.schedules.reading import Schedules
from chaos.schedules.times import due_after

AWAKE: Final = threading.Event()
"""Set whenever there may be something to do: one for the process, because a kept alarm can only name a function."""


class DueTimes(BaseTrigger):  # type: ignore[misc]
    """When a schedule is due, as APScheduler asks for it."""

    def __init__(self, schedule: Schedule, zone: str) -> None:
        self.schedule = schedule
        self.zone = zone

    def __getstate__(self) -> dict[str, str]:
        return {"schedule": self.schedule.model_dump_json(by_alias=True), "zone": self.zone}

    def __setstate__(self, state: dict[str, str]) -> None:
        self.schedule = Schedule.model_validate_json(state["schedule"])
        self.zone = state["zone"]

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        return next(due_after(self.schedule, self.zone, previous_fire_time or now), None)

    def __str__(self) -> str:
        return f"when {self.schedule.name} is due"


def ring() -> None:
    """What an alarm does."""
    AWAKE.set()


class _Clockwork(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler in a thread, which keeps why it stood still.

    Attributes:
        stopped_by: What it stumbled over.
    """

    stopped_by: SQLAlchemyError | None = None

    def _main_loop(self) -> None:
        try:
            super()._main_loop()
        except SQLAlchemyError as error:
            self.stopped_by = error
            ring()


class Alarms:
    """The alarms of all schedules.

    Args:
        place: Where they are kept.
    """

    def __init__(self, place: Place) -> None:
        self._file = place.alarms
        store = SQLAlchemyJobStore(url=f"sqlite:///{place.alarms}")
        self._scheduler = _Clockwork(jobstores={"default": store}, timezone="UTC")

    def start(self, schedules: Schedules) -> None:
        """Set the alarms of these schedules, and of no others.

        Raises:
            OSError: They can't be kept there.
        """
        try:
            self._scheduler.start(paused=True)
        except SQLAlchemyError as error:
            raise self._unusable(error) from error
        self._remove_others(schedule.name for schedule in schedules)
        for schedule in schedules:
            self._scheduler.add_job(
                ring,
                DueTimes(schedule, schedules.zone_of(schedule)),
                id=schedule.name,
                replace_existing=True,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._scheduler.resume()

    def see_that_they_ring(self) -> None:
        """Nothing where they do.

        Raises:
            OSError: They could not be kept any longer, and ring no more.
        """
        if self._scheduler.stopped_by is not None:
            raise self._unusable(self._scheduler.stopped_by)

    def stop(self) -> None:
        """Ring no more. Harmless if they were never set."""
        if self._scheduler.running:
            self._scheduler.shutdown()

    def _unusable(self, error: SQLAlchemyError) -> OSError:
        why = error.__cause__ or error
        return OSError(
            f"{self._file} can't be used ({why}): make room, or remove it: it only says when to wake"
        )

    def _remove_others(self, names: Iterable[str]) -> None:
        known = set(names)
        for job in self._scheduler.get_jobs():
            if job.id not in known:
                job.remove()
