"""A day of schedules, whose service dies again and again at any step: no due time is lost, and none runs twice."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.schedules.journal import Journal
from chaos.schedules.occurrences import Outcome
from chaos.schedules.planner import Planner
from chaos.schedules.times import due_between
from tests.schedules.conftest import START, World, Write

DAY = timedelta(days=1)
FILE = """
time-zone: Europe/Berlin
blackouts: [{name: lunch, cron: '0 12 * * *', for: 1h}]
schedules:
  - {name: often, experiments: [check.yaml], every: 3min, start-within: 2min}
  - {name: patient, experiments: [check.yaml], cron: '*/20 * * * *', still-going: wait}
  - {name: hourly, experiments: [check.yaml], cron: '7 * * * *', start-within: 10min}
"""


class Crash(BaseException):
    """The service is killed."""


class FragileJournal(Journal):
    """A journal whose process dies before or after a step, now and then."""

    def __init__(self, file: Path, chance: random.Random, share: float) -> None:
        self._chance, self._share = chance, share
        super().__init__(file)
        self._database.execute("PRAGMA synchronous = OFF")  # a process dies here, no machine

    def _maybe_die(self) -> None:
        if self._chance.random() < self._share:
            raise Crash

    def account(self, *arguments: object, **more: object) -> None:
        self._maybe_die()
        super().account(*arguments, **more)  # type: ignore[arg-type]
        self._maybe_die()

    def move(self, *arguments: object, **more: object) -> None:
        self._maybe_die()
        super().move(*arguments, **more)  # type: ignore[arg-type]
        self._maybe_die()

    def started(self, *arguments: object, **more: object) -> None:
        self._maybe_die()
        super().started(*arguments, **more)  # type: ignore[arg-type]
        self._maybe_die()


@pytest.mark.parametrize("seed", range(3))
def test_in_24_hours_with_crashes_at_every_step_each_due_time_is_there_once(
    write: Write, tmp_path: Path, seed: int
) -> None:
    chance, world, schedules = random.Random(seed), World(), write(FILE)
    file, crashes = tmp_path / "journal.sqlite", 0
    first = Journal(file)
    for schedule in schedules:
        first.accounted_until(schedule.name, START)
    first.close()
    while world.now < START + DAY:
        journal = FragileJournal(file, chance, 0.03)
        try:
            for occurrence in journal.occurrences(Outcome.RUNNING):
                journal.move(occurrence, Outcome.INTERRUPTED)
            planner = Planner(schedules, journal, world, lambda: None)
            while world.now < START + DAY:
                world.now += timedelta(seconds=45)
                planner.turn(world.now)
        except Crash:
            crashes += 1
            world.die()
            world.now += timedelta(seconds=chance.expovariate(1 / 200))
        finally:
            journal.close()
    final = Journal(file)
    Planner(schedules, final, world, lambda: "the day is over").turn(world.now)
    kept = Counter((each.schedule, each.due) for each in final.occurrences())
    due = {
        (schedule.name, moment)
        for schedule in schedules
        for moment in due_between(schedule, schedules.zone_of(schedule), START, world.now)
    }
    started = Counter((each.schedule, each.due) for each in world.started)
    waiting = final.occurrences(Outcome.WAITING)
    final.close()
    assert crashes > 10
    assert set(kept) == due
    assert set(kept.values()) == {1}
    assert set(started.values()) == {1}
    assert waiting == []
