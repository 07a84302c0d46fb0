"""The rules of schedules: what each operation does to one, and what is fired when it is due.

A `Timetable` works in the transactions of its queue, so that a fire and the step to the next due time are stored
together or not at all: each due time is fired once, whatever crashes. Schedules go by the wall clock, as people do.

A due time was *missed* if it had come before this process opened the database. What becomes of those is a setting:
one fire for all of them (`once`), one for each (`all`), or none (`none`). A due time that comes while the process lives
is fired however late that is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chaos.cron import Missed
from chaos.systems.reference.jobs import Moment, NewJob, Reason, Refused
from chaos.systems.reference.schedule_table import ScheduleTable
from chaos.systems.reference.schedules import (
    NewSchedule,
    Schedule,
    ScheduleChange,
    ScheduleState,
    next_due_ms,
)

FIRE_KEY: Final = "schedule:"
"""How the key of a job begins that a schedule has fired; its schedule and its due time follow."""

_AT_ONCE: Final = 200
"""How many times schedules are fired in one transaction, so that none takes long."""


class Timetable:
    """The schedules of one queue.

    Args:
        table: Where they are stored.
        moment: When the process opened the database.
        missed: What becomes of due times that had come before that.
    """

    def __init__(self, table: ScheduleTable, moment: Moment, missed: Missed = Missed.ONCE) -> None:
        self.table = table
        self.moment = moment
        self._opened_ms = moment.wall_ms
        self._missed = missed
        self._next_due_ms = table.next_due_ms()

    # -- operations ---------------------------------------------------------------------------------------------

    def create(self, new: NewSchedule) -> Schedule:
        """Take a schedule in; one that is there already, just as it is asked for, is the answer to that.

        Raises:
            Refused: Its expression or time zone can't be used, or another schedule has its name.
        """
        due_ms = next_due_ms(new.cron, new.timezone, self.moment.wall_ms)
        known = self.table.named(new.name)
        if known is None:
            known = self.table.insert(new, due_ms, self.moment)
            self._look_ahead()
        elif known.asked != new:
            raise Refused(Reason.EXISTS, f"there is another schedule named {new.name!r}")
        return known

    def update(self, number: int, change: ScheduleChange) -> Schedule:
        """Change a schedule; one that has another expression or time zone is due by that from now on.

        Raises:
            Refused: There is no such schedule, or its new expression or time zone can't be used.
        """
        schedule = self.find(number)
        changed = schedule._replace(
            cron=change.cron or schedule.cron,
            timezone=change.timezone or schedule.timezone,
            options=change.options or schedule.options,
        )
        if (changed.cron, changed.timezone) != (schedule.cron, schedule.timezone):
            changed = self._due_anew(changed)
        return self.store(changed)

    def pause(self, number: int) -> Schedule:
        """Let an active schedule fire no more until it is resumed.

        Raises:
            Refused: There is no such schedule, or it is not active.
        """
        return self.store(self._in(ScheduleState.ACTIVE, number)._replace(state=ScheduleState.PAUSED))

    def resume(self, number: int) -> Schedule:
        """Let a paused schedule fire again, from now on: nothing is caught up with.

        Raises:
            Refused: There is no such schedule, or it is not paused.
        """
        paused = self._in(ScheduleState.PAUSED, number)
        return self.store(self._due_anew(paused._replace(state=ScheduleState.ACTIVE)))

    def delete(self, number: int) -> bool:
        """Delete a schedule; whether there was one. The jobs that it has fired stay."""
        schedule = self.table.find(number)
        if schedule is None or schedule.state == ScheduleState.DELETED:
            return False
        self.store(schedule._replace(state=ScheduleState.DELETED))
        return True

    # -- firing -------------------------------------------------------------------------------------------------

    def fire_due(self, enqueue: Callable[[NewJob], object]) -> None:
        """Fire what is due by now, and let each schedule step on to its next due time."""
        if self._next_due_ms is None or self._next_due_ms > self.moment.wall_ms:
            return
        for schedule in self.table.due(self.moment.wall_ms, _AT_ONCE):
            due_ms = schedule.next_run_at
            was_missed = due_ms <= self._opened_ms
            if not (was_missed and self._missed is Missed.NONE):
                self.fire(schedule, enqueue)
                schedule = schedule._replace(last_run_at=due_ms)
            after_ms = due_ms if self._missed is Missed.ALL else max(due_ms, self._opened_ms)
            self.table.store(
                schedule._replace(next_run_at=next_due_ms(schedule.cron, schedule.timezone, after_ms))
            )
        self._look_ahead()

    def fire(self, schedule: Schedule, enqueue: Callable[[NewJob], object]) -> None:
        """Fire a schedule for the time that it is due."""
        key = f"{FIRE_KEY}{schedule.number}:{schedule.next_run_at}"
        enqueue(NewJob(schedule.name, schedule.args, key, schedule.options))

    # -- the transaction around them ----------------------------------------------------------------------------

    def begin(self, moment: Moment) -> None:
        """A transaction begins."""
        self.moment = moment

    def rolled_back(self) -> None:
        """Nothing of the transaction has happened."""
        self._look_ahead()

    def wake_ms(self) -> int | None:
        """When the next schedule is due (monotonic)."""
        if self._next_due_ms is None:
            return None
        return self.moment.now_ms + max(0, self._next_due_ms - self.moment.wall_ms)

    # -- the ways a schedule changes ----------------------------------------------------------------------------

    def find(self, number: int) -> Schedule:
        """The schedule of this number.

        Raises:
            Refused: There is none, or it is deleted.
        """
        schedule = self.table.find(number)
        if schedule is None or schedule.state == ScheduleState.DELETED:
            raise Refused(Reason.NOT_FOUND, "no schedule has this id")
        return schedule

    def store(self, schedule: Schedule) -> Schedule:
        """Let a schedule be as it is here, changed now."""
        changed = schedule._replace(updated_at=self.moment.wall_ms)
        self.table.store(changed)
        self._look_ahead()
        return changed

    def _in(self, state: ScheduleState, number: int) -> Schedule:
        schedule = self.find(number)
        if schedule.state != state:
            raise Refused(
                Reason.STALE,
                f"the schedule is {ScheduleState(schedule.state).name}, and must be {state.name} for this",
            )
        return schedule

    def _due_anew(self, schedule: Schedule) -> Schedule:
        due_ms = next_due_ms(schedule.cron, schedule.timezone, self.moment.wall_ms)
        return schedule._replace(next_run_at=due_ms)

    def _look_ahead(self) -> None:
        self._next_due_ms = self.table.next_due_ms()
