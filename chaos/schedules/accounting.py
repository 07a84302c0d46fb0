"""Writing down what is due: each due time once, as waiting for its start, or as one that never starts, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from chaos.guardian.halting import halted
from chaos.schedules.journal import Journal, Pause
from chaos.schedules.model import Schedule, StillGoing
from chaos.schedules.occurrences import GOING, Cause, Occurrence, Outcome
from chaos.schedules.reading import Schedules
from chaos.schedules.times import blackout_at, due_between

_AT_ONCE: Final = 10_000
"""How many due times are written in one transaction: after years of rest there may be millions."""

_IDLE: Final = timedelta(minutes=10)
"""So often the mark moves on where nothing was due, so that a schedule that is changed is not held to its past."""


@dataclass(frozen=True)
class Obstacle:
    """What keeps an occurrence from starting, for good."""

    outcome: Outcome
    why: str


def account(
    schedules: Schedules, schedule: Schedule, journal: Journal, now: datetime, halt: str | None
) -> list[Occurrence]:
    """Write down every due time up to now that is not in the journal yet; what was written, the oldest first.

    Args:
        schedules: The file.
        schedule: The schedule.
        journal: Where to.
        now: Up to when.
        halt: Why no run may start now.
    """
    written: list[Occurrence] = []
    while True:
        with journal.transaction():
            pause = journal.pauses().get(schedule.name)
            after = journal.accounted_until(schedule.name, now)
            due = list(islice(due_between(schedule, schedules.zone_of(schedule), after, now), _AT_ONCE))
            going = journal.occurrences(*GOING, schedule=schedule.name, last=1)
            found = [
                Occurrence(
                    schedule.name,
                    moment,
                    Cause.SCHEDULED,
                    *_outcome(schedules, schedule, moment, now, pause, halt),
                )
                for moment in due
            ]
            if schedule.still_going is StillGoing.SKIP:
                found = list(_one_at_a_time(found, going=bool(going)))
            whole = len(due) < _AT_ONCE
            if due or now - after > _IDLE:
                journal.account(schedule.name, max(after, now) if whole else due[-1], found)
        written += found
        if whole:
            return written


def why_halted() -> str | None:
    """Why no run may start now; None if one may."""
    halt = halted()
    return None if halt is None else str(halt)


def too_late(schedule: Schedule, due: datetime, now: datetime) -> Obstacle | None:
    """Whether it is too late now to start what was due then."""
    late = now - due
    if late <= timedelta(seconds=schedule.start_within):
        return None
    return Obstacle(
        Outcome.MISSED, f"{late.total_seconds():.0f} s late, and {schedule.start_within:.0f} s are allowed"
    )


def in_blackout(schedules: Schedules, moment: datetime) -> Obstacle | None:
    """Whether no check begins at this moment."""
    blackout = blackout_at(moment, schedules.blackouts, schedules.content.time_zone)
    return None if blackout is None else Obstacle(Outcome.BLACKED_OUT, blackout.name)


def _outcome(
    schedules: Schedules,
    schedule: Schedule,
    due: datetime,
    now: datetime,
    pause: Pause | None,
    halt: str | None,
) -> tuple[Outcome, str]:
    if pause is not None and pause.since <= due:
        return Outcome.PAUSED, pause.reason
    obstacle = in_blackout(schedules, due) or too_late(schedule, due, now)
    if obstacle is not None:
        return obstacle.outcome, obstacle.why
    return (Outcome.WAITING, "") if halt is None else (Outcome.HALTED, halt)


def _one_at_a_time(found: list[Occurrence], *, going: bool) -> Iterator[Occurrence]:
    """The same, but of those that wait only the newest does, and none while another is still going."""
    waiting = [each for each in found if each.outcome is Outcome.WAITING]
    for each in found:
        if each not in waiting:
            yield each
        elif going:
            yield _skipped(each, "the last one is still going")
        elif each is not waiting[-1]:
            yield _skipped(each, "a later one was due by then as well")
        else:
            yield each


def _skipped(occurrence: Occurrence, why: str) -> Occurrence:
    return replace(occurrence, outcome=Outcome.SKIPPED, why=why)
