"""What the queue knows about a schedule, as typed values."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from chaos.cron import Cron, CronError
from chaos.systems.reference.jobs import Options, Reason, Refused


class ScheduleState(IntEnum):
    """A schedule's state, with the numbers of the wire contract."""

    ACTIVE = 1
    PAUSED = 2
    DELETED = 3


class NewSchedule(NamedTuple):
    """A schedule as it was asked for: a job of its name, with these arguments, each time it is due."""

    name: str
    cron: str
    timezone: str
    args: bytes
    options: Options


class ScheduleChange(NamedTuple):
    """What is to be different about a schedule; None leaves it as it is."""

    cron: str | None
    timezone: str | None
    options: Options | None


class Schedule(NamedTuple):
    """A schedule as it is stored. Times are Unix milliseconds, `last_run_at` 0 where there is none.

    Attributes:
        number: Its number in this database, from 1.
        next_run_at: The next time that it is due.
        last_run_at: The last due time for which it has fired.
    """

    number: int
    name: str
    cron: str
    timezone: str
    state: int
    next_run_at: int
    last_run_at: int
    created_at: int
    updated_at: int
    args: bytes
    options: Options

    @property
    def asked(self) -> NewSchedule:
        """What would ask for it."""
        return NewSchedule(self.name, self.cron, self.timezone, self.args, self.options)


def next_due_ms(cron: str, timezone: str, after_ms: int) -> int:
    """When an expression is due next after this time, in Unix milliseconds.

    Raises:
        Refused: It can't be read, there is no such time zone, or it is never due again.
    """
    due_s = _cron(cron, timezone).next_after(after_ms / 1000)
    if due_s is None:
        raise Refused(Reason.INVALID, f"`{cron}` is never due again")
    return due_s * 1000


@lru_cache(maxsize=1000)
def _cron(expression: str, timezone: str) -> Cron:
    try:
        return Cron(expression, timezone)
    except CronError as error:
        raise Refused(Reason.INVALID, str(error)) from None
