"""What every export starts from, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cronsim import CronSim

from chaos import __version__
from chaos.experiment.units import DURATION
from chaos.schedules.model import Schedule, StillGoing
from chaos.schedules.reading import Schedules

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


class NotExportable(Exception):
    """A schedule can't be said in the words of another scheduler; the message names it and the next step."""


@dataclass(frozen=True)
class Order:
    """What is to be exported.

    Attributes:
        schedules: The file.
        program: How `chaos` is called there.
        install: What installs it, where it is not there.
        image: The container image that has it.
    """

    schedules: Schedules
    program: str
    install: str = f"python -m pip install 'chaos-queue=={__version__}'"
    image: str | None = None


@dataclass(frozen=True)
class ExportedFile:
    """One file that another scheduler reads."""

    name: str
    text: str


def command_of(order: Order, schedule: Schedule, runs: Path | str | None = None) -> list[str]:
    """The command of a schedule's check, to be run in the directory of its file."""
    where = order.schedules.runs if runs is None else runs
    return [order.program, *schedule.command.words, "--runs", str(where)]


def cron_of(schedule: Schedule, zone: str) -> tuple[str, str]:
    """When a schedule is due, as a cron expression and the time zone that it means.

    Raises:
        NotExportable: No expression says it.
    """
    if schedule.cron is not None:
        return _portable(schedule.cron, schedule.name), zone
    every = int(schedule.every or 0)
    if every % _MINUTE_S == 0 and _HOUR_S % every == 0 and every < _HOUR_S:
        return f"*/{every // _MINUTE_S} * * * *", "UTC"
    if every % _HOUR_S == 0 and _DAY_S % every == 0:
        return ("0 0 * * *" if every == _DAY_S else f"0 */{every // _HOUR_S} * * *"), "UTC"
    raise NotExportable(
        f"{schedule.name}: no cron expression says `every: {DURATION.write(every)}`; write a part of an hour or of a "
        "day that divides it, or `cron:`"
    )


def not_carried_over(schedules: Schedules, *carried: str, still_going: StillGoing | None) -> Iterator[str]:
    """What the file says that another scheduler does not do, a line each.

    Args:
        schedules: The file.
        carried: Keys that this one does.
        still_going: What this one does while the last check is still going; None: it starts another one.
    """
    content = schedules.content
    said = {
        "blackouts": bool(content.blackouts),
        "notify": bool(content.notify),
        "keep": any(schedule.keep is not None for schedule in schedules),
        "start-within": any("start_within" in schedule.model_fields_set for schedule in schedules),
        "still-going": any(schedule.still_going is not still_going for schedule in schedules),
    }
    yield from (
        f"not carried over: `{key}`; `chaos schedule run` does it"
        for key, is_said in said.items()
        if is_said and key not in carried
    )


def _portable(expression: str, name: str) -> str:
    """The expression as every cron reads it: most know Sunday as 0 alone, and neither `L` nor `#`.

    Raises:
        NotExportable: It names a day that only CronSim knows.
    """
    minute, hour, day, month, weekday = expression.split()
    if set("L#") & set((day + weekday).upper()):
        raise NotExportable(
            f"{name}: `L` and `#` in {expression!r} mean something to `chaos schedule run` alone; "
            "write days of the month or of the week"
        )
    if "7" in weekday and not weekday.startswith("*"):
        days = {
            each % 7 for each in CronSim(expression, datetime(2024, 1, 1)).weekdays if isinstance(each, int)
        }
        weekday = ",".join(map(str, sorted(days)))
    return f"{minute} {hour} {day} {month} {weekday}"
