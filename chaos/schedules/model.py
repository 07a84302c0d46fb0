"""What a file of schedules says, as typed values."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field, SerializeAsAny, WithJsonSchema, model_validator

from chaos.cron import why_unreadable
from chaos.experiment.base import Model
from chaos.experiment.units import DURATION, Duration, wrong
from chaos.experiment.wording import nearest, quoted
from chaos.launching.command import RunCommand
from chaos.notices.protocol import NotifierSpec

_NAME = r"[a-z0-9]([a-z0-9-]{0,44}[a-z0-9])?"
"""What names a file, a unit of systemd and a CronJob of Kubernetes alike, the latter of at most 52 characters."""


def _usable_name(name: str) -> str:
    if re.fullmatch(_NAME, name) is None:
        raise wrong(
            f"{quoted(name)} can't be a name; write at most 46 small letters, digits and dashes, such as `nightly`"
        )
    return name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        meant = nearest(name, sorted(available_timezones()))
        hint = f" (did you mean `{meant}`?)" if meant else ""
        raise wrong(
            f"there is no time zone named {quoted(name)}{hint}; write one such as `Europe/Berlin`"
        ) from None
    return name


def _readable_cron(expression: str) -> str:
    why = "it has not five fields" if len(expression.split()) != 5 else why_unreadable(expression)
    if why is not None:
        due = "minute, hour, day of month, month, day of week, such as `30 3 * * mon-fri`"
        raise wrong(f"{quoted(expression)} can't be read as a cron expression ({why}); write {due}")
    return expression


def _readable_moment(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise wrong(f"{quoted(text)} is no date with a time; write `2026-12-24 18:00`") from None
    return text


Name = Annotated[
    str,
    AfterValidator(_usable_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$", "examples": ["nightly"]}),
]
"""The name of a schedule."""
Zone = Annotated[
    str,
    AfterValidator(_known_zone),
    WithJsonSchema({"type": "string", "examples": ["UTC", "Europe/Berlin"]}),
]
"""The name of a time zone."""
Cron = Annotated[
    str,
    AfterValidator(_readable_cron),
    WithJsonSchema({"type": "string", "examples": ["30 3 * * *", "0 */6 * * mon-fri"]}),
]
"""Five fields, as cron reads them."""
Moment = Annotated[
    str,
    AfterValidator(_readable_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-12-24 18:00"]}),
]
"""Date and time, in the file's time zone where it names none."""


class StillGoing(StrEnum):
    """What happens to a check that is due while the last one of its schedule is still going."""

    SKIP = "skip"
    WAIT = "wait"


class Blackout(Model):
    """A window in which no check begins: once, or again and again."""

    name: str = Field(description="what it is called")
    from_: Moment | None = Field(default=None, description="when it begins, if it comes once")
    to: Moment | None = Field(default=None, description="when it ends, if it comes once")
    cron: Cron | None = Field(default=None, description="when it begins, if it comes again and again")
    for_: Annotated[Duration, DURATION.within(least="1min", most="31d")] | None = Field(
        default=None, description="how long it lasts each time"
    )

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        once = (self.from_ is not None, self.to is not None)
        again = (self.cron is not None, self.for_ is not None)
        if (once, again) not in (((True, True), (False, False)), ((False, False), (True, True))):
            raise wrong("a blackout has `from` and `to`, or `cron` and `for`")
        return self


class Schedule(Model):
    """One check that is run by itself."""

    name: Name = Field(description="what it is called: at most 46 small letters, digits, dashes")
    experiments: tuple[str, ...] = Field(
        min_length=1,
        description="the files of the experiments, relative to this file; run one after the other",
    )
    system: str | None = Field(default=None, description="the system to put under test instead of the files'")
    profile: str | None = Field(default=None, description="the profile of the experiments")
    set: tuple[str, ...] = Field(default=(), description="overrides such as `load.jobs=10000`")
    cron: Cron | None = Field(default=None, description="when it is due, as cron reads it")
    every: Annotated[Duration, DURATION.within(least="1s", most="366d")] | None = Field(
        default=None, description="how often it is due, counted from midnight of 1970-01-01 UTC"
    )
    time_zone: Zone | None = Field(
        default=None, description="whose clock `cron` means; without it the file's"
    )
    start_within: Annotated[Duration, DURATION.within(least="1s", most="31d")] = Field(
        default=3600.0, description="how late a start may be; what is later is recorded as missed"
    )
    still_going: StillGoing = Field(
        default=StillGoing.SKIP, description="what happens while its last check is still going"
    )
    keep: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="how many runs of each of its experiments are kept; without it all"
    )

    @model_validator(mode="after")
    def _has_one_way_to_be_due(self) -> Self:
        if (self.cron is None) == (self.every is None):
            raise wrong("a schedule has either `cron` or `every`")
        if self.every is not None and self.every != int(self.every):
            raise wrong("`every` is a whole number of seconds", "every")
        return self

    @property
    def command(self) -> RunCommand:
        """What is run, in the directory of the file."""
        return RunCommand(self.experiments, self.system, self.profile, self.set)


class ScheduleFile(Model):
    """A file of schedules."""

    time_zone: Zone = Field(default="UTC", description="whose clock the file means")
    runs: str | None = Field(
        default=None,
        description="where runs are kept, relative to this file; without it `CHAOS_RUNS`, else `runs`",
    )
    blackouts: tuple[Blackout, ...] = Field(default=(), description="windows in which no check begins")
    notify: tuple[SerializeAsAny[NotifierSpec], ...] = Field(
        default=(), description="who is told, and of what"
    )
    schedules: tuple[Schedule, ...] = Field(min_length=1, description="what is run, and when")
