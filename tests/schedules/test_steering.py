"""Schedules are looked at and steered from another process than the service's; both know of each other by the state."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.guardian.lock import FileLock
from chaos.guardian.state import STATE_VARIABLE
from chaos.schedules.journal import Journal, Served
from chaos.schedules.occurrences import Cause, Outcome
from chaos.schedules.place import Place
from chaos.schedules.planner import Planner
from chaos.schedules.reading import Schedules
from chaos.schedules.steering import NotSteered, Steering
from tests.schedules.conftest import World, Write, at

FILE = "schedules: [{name: often, experiments: [check.yaml], every: 10min}]"


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No halt of this user's counts."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "runs-state"))


@pytest.fixture
def schedules(write: Write) -> Schedules:
    return write(FILE)


@pytest.fixture
def steering(schedules: Schedules, place: Place, world: World) -> Steering:
    return Steering(schedules, place, clock=lambda: world.now)


def _chaos_schedule(schedules: Schedules, place: Place, *words: str) -> None:
    command = [sys.executable, "-m", "chaos", "schedule", *words]
    where = ["--file", str(schedules.file), "--state", str(place.path)]
    subprocess.run([*command, *where], check=True, capture_output=True, timeout=60)


def test_what_another_process_pauses_starts_nothing_until_it_is_resumed(
    schedules: Schedules, place: Place, journal: Journal
) -> None:
    version = journal.version
    _chaos_schedule(schedules, place, "pause", "often", "--reason", "a migration")
    assert journal.version != version  # so a service wakes
    assert journal.pauses()["often"].reason == "a migration"
    version = journal.version
    _chaos_schedule(schedules, place, "resume", "often")
    assert journal.version != version
    assert journal.pauses() == {}


def test_what_was_due_during_a_pause_is_recorded_as_paused_and_what_is_due_after_it_runs(
    schedules: Schedules, steering: Steering, planner: Callable[[Schedules], Planner], world: World
) -> None:
    decide = planner(schedules)
    decide.turn(world.now)
    steering.pause("often", "a migration")
    (standing,) = steering.standings()
    assert standing.next_due is None
    assert steering.upcoming(3) == []
    world.now = at(15)
    pause = steering.resume("often")
    assert pause is not None
    assert pause.reason == "a migration"
    assert [(each.due, each.outcome, each.why) for each in steering.history()] == [
        (at(10), Outcome.PAUSED, "a migration")
    ]
    assert [each.due for each in steering.upcoming(2)] == [at(20), at(30)]
    decide.turn(at(20))
    assert [each.due for each in world.started] == [at(20)]


def test_a_paused_schedule_stays_paused_for_its_first_reason(steering: Steering) -> None:
    steering.pause("often", "a migration")
    steering.pause("often", "a holiday")
    (standing,) = steering.standings()
    assert standing.pause is not None
    assert standing.pause.reason == "a migration"


def test_a_trigger_starts_even_what_is_paused(
    schedules: Schedules, steering: Steering, planner: Callable[[Schedules], Planner], world: World
) -> None:
    steering.pause("often", "")
    triggered = steering.trigger("often")
    (standing,) = steering.standings()
    assert standing.under_way == triggered
    planner(schedules).turn(world.now)
    assert [each.cause for each in world.started] == [Cause.TRIGGERED]


def test_the_state_of_another_file_is_not_steered(
    schedules: Schedules, steering: Steering, journal: Journal, tmp_path: Path
) -> None:
    journal.serve(Served(tmp_path / "another.yaml", schedules.sha256))
    with pytest.raises(NotSteered, match=r"is that of .*another\.yaml, and not of .*--state"):
        steering.pause("often", "")
    assert journal.pauses() == {}


def test_a_file_is_outdated_once_it_is_not_what_the_service_read(
    write: Write, schedules: Schedules, steering: Steering, place: Place, journal: Journal
) -> None:
    assert not steering.is_outdated()  # nobody has read it
    journal.serve(Served(schedules.file, schedules.sha256))
    assert not steering.is_outdated()
    assert Steering(write(FILE.replace("10min", "20min")), place).is_outdated()


def test_a_service_runs_while_somebody_holds_its_lock(steering: Steering, place: Place) -> None:
    assert not steering.service_runs()
    place.path.mkdir()
    lock = FileLock(place.lock, "")
    lock.acquire()
    assert steering.service_runs()
    lock.release()
    assert not steering.service_runs()


@pytest.mark.parametrize("act", ["pause", "trigger"])
def test_an_unknown_name_is_refused_with_the_one_that_is_meant(steering: Steering, act: str) -> None:
    with pytest.raises(NotSteered, match="often"):
        steering.pause("oftn", "") if act == "pause" else steering.trigger("oftn")
