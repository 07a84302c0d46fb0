"""Timetables that make one mistake each with schedules, and a queue that makes one with what they fire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chaos.cron import Missed
from chaos.systems.reference.jobs import Enqueued, Moment, NewJob
from chaos.systems.reference.queue import Queue
from chaos.systems.reference.schedule_table import ScheduleTable
from chaos.systems.reference.schedules import (
    NewSchedule,
    Schedule,
    ScheduleChange,
    ScheduleState,
)
from chaos.systems.reference.timetable import FIRE_KEY, Timetable

FIRES_WRONG_EVERY: Final = 2
"""Of the due times, told by their second, every second one is struck."""

YEARS_MS: Final = 10**11

Enqueue = Callable[[NewJob], object]


def strikes_at(due_ms: int) -> bool:
    """Whether this due time is struck."""
    return due_ms // 1000 % FIRES_WRONG_EVERY == 0


class DueTimeSkipped(Timetable):
    """Some due times are stepped over."""

    def fire(self, schedule: Schedule, enqueue: Enqueue) -> None:
        if not strikes_at(schedule.next_run_at):
            super().fire(schedule, enqueue)


class DueTimeFiredTwice(Timetable):
    """Some due times are fired for twice."""

    def fire(self, schedule: Schedule, enqueue: Enqueue) -> None:
        super().fire(schedule, enqueue)
        if strikes_at(schedule.next_run_at):
            enqueue(NewJob(schedule.name, schedule.args, None, schedule.options))


class PauseIgnored(Timetable):
    """Pauses are answered as made, and the schedules go on."""

    def pause(self, number: int) -> Schedule:
        return self.find(number)._replace(state=ScheduleState.PAUSED)


class MissedForgotten(Timetable):
    """Due times that passed while the queue was down are forgotten, whatever the setting says."""

    def __init__(self, table: ScheduleTable, moment: Moment, missed: Missed = Missed.ONCE) -> None:  # noqa: ARG002
        super().__init__(table, moment, Missed.NONE)


class UpdateForgotten(Timetable):
    """Changes of an expression are answered as made, and not stored."""

    def update(self, number: int, change: ScheduleChange) -> Schedule:
        schedule = self.find(number)
        return schedule._replace(cron=change.cron or schedule.cron)


class ScheduleDoubled(Timetable):
    """A second creation under a name makes a second schedule, which is all the system tells from then on."""

    def create(self, new: NewSchedule) -> Schedule:
        known = self.table.named(new.name)
        if known is not None:
            self.table.store(known._replace(state=ScheduleState.DELETED))
        return super().create(new)


class FireStuck(Queue):
    """What schedules fire waits for years before it is handed out."""

    def enqueue(self, job: NewJob) -> Enqueued:
        if job.key is None or not job.key.startswith(FIRE_KEY):
            return super().enqueue(job)
        return self.store.insert(job, self.moment._replace(now_ms=self.moment.now_ms + YEARS_MS))
