"""The service as a real process: it runs what is due, survives being killed, and is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from chaos.guardian.runs import registered
from chaos.guardian.state import STATE_VARIABLE
from chaos.processes.tree import is_alive
from chaos.schedules.journal import Journal
from chaos.schedules.occurrences import Occurrence, Outcome
from chaos.schedules.place import Place
from chaos.schedules.steering import Steering
from tests.schedules.conftest import Write

FILE = "schedules: [{name: rare, experiments: [check.yaml], cron: 0 0 29 2 *}]"
WITHIN_S = 60.0
Start = Callable[[], "subprocess.Popen[bytes]"]
T = TypeVar("T")


@pytest.fixture
def start(tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts services on one state; all are ended afterwards."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "runs-state"))
    services: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "chaos",
            "schedule",
            "run",
            "--no-rehearsal",
            "--state",
            str(place.path),
        ]
        service = subprocess.Popen(
            command, cwd=tmp_path, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        services.append(service)
        return service

    yield start
    for service in services:
        service.terminate()
        service.wait(WITHIN_S)


def _until(what: str, found: Callable[[], T]) -> T:
    """What is found, once it is there."""
    deadline = time.monotonic() + WITHIN_S
    while not (it := found()):
        assert time.monotonic() < deadline, f"{what} did not come within {WITHIN_S} s"
        time.sleep(0.05)
    return it


def _came(place: Place, outcome: Outcome) -> Occurrence:
    """The newest due time, once it has this outcome."""

    def newest() -> list[Occurrence]:
        journal = Journal(place.journal)
        try:
            return journal.occurrences(outcome, last=1)
        finally:
            journal.close()

    return _until(f"what is {outcome}", newest)[0]


def test_killed_while_a_check_is_under_way_it_heals_it_and_records_it_as_interrupted(
    write: Write, start: Start, place: Place, tmp_path: Path
) -> None:
    schedules = write(FILE)
    (tmp_path / "check.yaml").write_text(
        "title: A long check\nsystem: reference\nload: {jobs: 20000, rate: 100/s, workers: {count: 1}}\n",
        encoding="utf-8",
    )
    steering = Steering(schedules, place)
    killed = start()
    _until("the service", steering.service_runs)
    steering.trigger("rare")
    _came(place, Outcome.RUNNING)
    _until("the run", lambda: registered()[0])
    killed.send_signal(signal.SIGKILL)
    killed.wait(WITHIN_S)
    start()
    interrupted = _came(place, Outcome.INTERRUPTED)
    assert "the service died; its process was ended after" in interrupted.why
    assert registered()[0] == []
    assert interrupted.process is not None
    left = interrupted.process.find()
    assert left is None or not is_alive(left)
    assert len(steering.history()) == 1


def test_a_second_service_on_the_same_state_is_refused(write: Write, start: Start, place: Place) -> None:
    steering = Steering(write(FILE), place)
    start()
    _until("the service", steering.service_runs)
    second = start()
    _, said = second.communicate(timeout=WITHIN_S)
    assert second.returncode == 2
    assert b"another service runs on" in said


def test_what_is_triggered_runs_and_its_run_is_named(write: Write, start: Start, place: Place) -> None:
    schedules = write(FILE)
    steering = Steering(schedules, place)
    service = start()
    _until("the service", steering.service_runs)
    steering.trigger("rare")
    _came(place, Outcome.PASSED)
    service.terminate()
    assert service.wait(WITHIN_S) == 0
    (passed,) = steering.history()
    (run,) = passed.runs
    assert (schedules.runs / run / "results.json").exists()
