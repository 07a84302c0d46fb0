"""When a cron expression is due, in whole seconds of Unix time.

Expressions mean what Debian's cron means by them: where both day of month and day of week are given either will do, a
time that the clock leaps over in spring is due right after the leap, and one that it shows twice in autumn is due once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError


class Missed(StrEnum):
    """What becomes of the due times of a schedule that pass while the system is down."""

    ONCE = "once"
    ALL = "all"
    NONE = "none"


class CronError(ValueError):
    """An expression or a time zone can't be used; the message says why, and what to write instead."""


class Cron:
    """A cron expression in a time zone.

    Args:
        expression: Five fields (minute, hour, day of month, month, day of week), or six with the second before them.
        timezone: A name such as `UTC` or `Europe/Berlin`.

    Raises:
        CronError: One of them can't be used.
    """

    def __init__(self, expression: str, timezone: str = "UTC") -> None:
        self.expression = expression
        self.timezone = timezone
        self._zone = _zone(timezone)
        if (why := why_unreadable(expression)) is not None:
            raise CronError(
                f"`{expression}` can't be read as a cron expression ({why}): write minute, "
                "hour, day of month, month and day of week, such as `*/5 * * * *`, and the second before them if needed"
            )

    def next_after(self, time_s: float) -> int | None:
        """The first due time after this one; None if there is none within 50 years."""
        return next(self.after(time_s), None)

    def between(self, first_s: float, last_s: float) -> Iterator[int]:
        """The due times from `first_s` on and before `last_s`, in order."""
        for due_s in self.after(math.ceil(first_s) - 1):
            if due_s >= last_s:
                return
            yield due_s

    def after(self, time_s: float) -> Iterator[int]:
        """Every due time after this one, in order, each once, without end."""
        last_s = time_s
        for due in CronSim(self.expression, datetime.fromtimestamp(time_s, self._zone)):
            due_s = int(due.timestamp())
            # what the clock leaps over falls together, and what it shows twice comes again
            if due_s > last_s:
                last_s = due_s
                yield due_s


def why_unreadable(expression: str) -> str | None:
    """Why an expression of five or six fields says no due time; None if it says one."""
    try:
        next(CronSim(expression, datetime(2024, 1, 1)))
    except (CronSimError, StopIteration) as error:
        why = str(error) or "it never comes"
        return why[:1].lower() + why[1:]
    return None


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise CronError(
            f"there is no time zone named `{name}` on this machine: write one such as `Europe/Berlin` (where the "
            "system has none, `pip install tzdata` brings them)"
        ) from None
