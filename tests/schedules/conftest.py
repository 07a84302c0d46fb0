"""Files of schedules, journals, and a launcher whose checks take as long as they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chaos.processes.identity import ProcessIdentity
from chaos.schedules.journal import Journal
from chaos.schedules.model import Schedule
from chaos.schedules.occurrences import Occurrence
from chaos.schedules.place import Place
from chaos.schedules.planner import Planner
from chaos.schedules.reading import Schedules, read_schedules

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Write = Callable[[str], Schedules]


def at(minutes: float) -> datetime:
    """A moment, in minutes from the start."""
    return START + timedelta(minutes=minutes)


class World:
    """A clock, and checks that take a while on it.

    Attributes:
        now: What time it is.
        started: Every check that was started, in order.
        takes: How long each takes.
        exits: The exit code of each.
        halt: Why no run may start.
    """

    def __init__(self) -> None:
        self.now = START
        self.started: list[Occurrence] = []
        self.takes = timedelta(minutes=1)
        self.exits = 0
        self.halt: str | None = None
        self._until: datetime | None = None

    def start(
        self, schedule: Schedule, occurrence: Occurrence, record: Callable[[ProcessIdentity], None]
    ) -> None:
        assert schedule.name == occurrence.schedule
        record(ProcessIdentity(1, 0.0, "nowhere"))
        self.started.append(occurrence)
        self._until = self.now + self.takes

    def exit_code(self) -> int | None:
        return self.exits if self._until is not None and self._until <= self.now else None

    def clear_up(self, occurrence: Occurrence) -> str:
        return f"{occurrence.schedule} is cleared up"

    def end(self) -> None:
        self._until = self.now

    def die(self) -> None:
        """The service dies, and what it had started with it."""
        self._until = None


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of schedules, with an experiment `check.yaml` beside it, and reads it."""

    def write(text: str) -> Schedules:
        (tmp_path / "check.yaml").write_text(
            "title: A small check\nsystem: reference\nload: {jobs: 100, rate: 200/s, workers: {count: 1}}\n",
            encoding="utf-8",
        )
        file = tmp_path / "schedules.yaml"
        file.write_text(text, encoding="utf-8")
        return read_schedules(file)

    return write


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state")


@pytest.fixture
def journal(place: Place) -> Iterator[Journal]:
    journal = Journal(place.journal)
    yield journal
    journal.close()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def planner(journal: Journal, world: World) -> Callable[[Schedules], Planner]:
    return lambda schedules: Planner(schedules, journal, world, lambda: world.halt)
