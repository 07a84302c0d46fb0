"""When a schedule is due, and whether a moment lies in a blackout. All of it is arithmetic; nothing asks a clock.

All moments are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from chaos.cron import Cron
from chaos.schedules.model import Blackout, Schedule


def due_after(schedule: Schedule, zone: str, moment: datetime) -> Iterator[datetime]:
    """Every time after a moment at which a schedule is due, without end."""
    if schedule.cron is not None:
        return _cron_after(schedule.cron, zone, moment)
    assert schedule.every is not None  # the model holds one of the two
    return _every_after(int(schedule.every), moment)


def due_between(schedule: Schedule, zone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every time after `after` and not after `until` at which a schedule is due."""
    return takewhile(lambda due: due <= until, due_after(schedule, zone, after))


def blackout_at(moment: datetime, blackouts: Iterable[Blackout], zone: str) -> Blackout | None:
    """The blackout that a moment lies in."""
    return next((blackout for blackout in blackouts if _holds(blackout, moment, zone)), None)


def moment_of(text: str, zone: str) -> datetime:
    """The moment that a file means by a date and time, on the clock of a zone unless the text names one."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _cron_after(expression: str, zone: str, moment: datetime) -> Iterator[datetime]:
    for due_s in Cron(expression, zone).after(moment.timestamp()):
        yield datetime.fromtimestamp(due_s, tz=UTC)


def _every_after(seconds: int, moment: datetime) -> Iterator[datetime]:
    number = int(moment.timestamp() // seconds)
    while True:
        number += 1
        yield datetime.fromtimestamp(number * seconds, tz=UTC)


def _holds(blackout: Blackout, moment: datetime, zone: str) -> bool:
    if blackout.cron is not None and blackout.for_ is not None:
        length = timedelta(seconds=blackout.for_)
        begun = next(_cron_after(blackout.cron, zone, moment - length), None)
        return begun is not None and begun <= moment
    assert blackout.from_ is not None  # the model holds one of the two
    assert blackout.to is not None
    return moment_of(blackout.from_, zone) <= moment < moment_of(blackout.to, zone)
