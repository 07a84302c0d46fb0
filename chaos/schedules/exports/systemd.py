"""Units for systemd: a service and a timer for each schedule."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from cronsim import CronSim

from chaos.schedules.exports.exported import (
    ExportedFile,
    Order,
    command_of,
    cron_of,
    not_carried_over,
)
from chaos.schedules.model import Schedule, StillGoing

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_STOPS_WITHIN_S = 90


def units(order: Order) -> list[ExportedFile]:
    """The units of all schedules.

    Raises:
        NotExportable: No cron expression says when one is due.
    """
    return [unit for schedule in order.schedules for unit in _units(order, schedule)]


def _units(order: Order, schedule: Schedule) -> Iterator[ExportedFile]:
    expression, zone = cron_of(schedule, order.schedules.zone_of(schedule))
    notes = "".join(f"# {line}\n" for line in not_carried_over(order.schedules, still_going=StillGoing.SKIP))
    command = " ".join(_quoted(word) for word in command_of(order, schedule))
    yield ExportedFile(
        f"chaos-{schedule.name}.service",
        f"""{notes}[Unit]
Description=Check of a durable job queue: {schedule.name}

[Service]
Type=oneshot
WorkingDirectory={_in_path(str(order.schedules.directory))}
ExecStart={command}
KillMode=mixed
TimeoutStartSec=infinity
TimeoutStopSec={_STOPS_WITHIN_S}
""",
    )
    times = "".join(f"OnCalendar={line} {zone}\n" for line in calendar_of(expression))
    yield ExportedFile(
        f"chaos-{schedule.name}.timer",
        f"""[Unit]
Description=When {schedule.name} is due

[Timer]
{times}Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
""",
    )


def calendar_of(expression: str) -> list[str]:
    """A cron expression as calendar events of systemd; where either of two days will do, they are two."""
    cron = CronSim(expression, datetime(2024, 1, 1))
    weekdays = {day % 7 for day in cron.weekdays if isinstance(day, int)}
    clock = f"{_listed(cron.hours, range(24))}:{_listed(cron.minutes, range(60))}:00"
    months = _listed(cron.months, range(1, 13))
    on_days = f"*-{months}-{_listed(cron.days, range(1, 32))} {clock}"
    on_weekdays = (
        "" if len(weekdays) == len(_DAYS) else ",".join(_DAYS[day] for day in sorted(weekdays)) + " "
    )
    if cron.day_and:
        return [on_weekdays + on_days]
    return [on_days, f"{on_weekdays}*-{months}-* {clock}"]


def _listed(values: Collection[int], every: range) -> str:
    return "*" if set(values) >= set(every) else ",".join(f"{value:02}" for value in sorted(values))


def _quoted(word: str) -> str:
    """A word of ExecStart, in which `%`, `$`, quotes and backslashes mean nothing."""
    plain = word.replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w%$@/:.,+=-]+", plain):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _in_path(path: str) -> str:
    return path.replace("%", "%%")
