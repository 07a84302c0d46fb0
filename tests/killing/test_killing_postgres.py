"""Whoever is killed while a run has PostgreSQL: no process of it is left, no memory, no directory, no database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from chaos.guardian.state import STATE_VARIABLE
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from tests.killing.aftermath import Dead, assert_nothing_is_left, left_of, run_to_death
from tests.systems.postgres.conftest import place, server

__all__ = ["place", "server"]

ON_POSTGRES = ("--system", "reseolio", "--set", "system.storage=postgres")
SEGMENTS = Path("/proc/sysvipc/shm")
ON_IT = ("--set", "faults[0].target=postgres")

pytestmark = [pytest.mark.kill, pytest.mark.alone, pytest.mark.usefixtures("server")]


@pytest.fixture(autouse=True)
def _core_and_state(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        find_core()
    except CoreNotFoundError as error:
        pytest.skip(str(error))
    monkeypatch.setenv(STATE_VARIABLE, str(place / "state"))


def left_of_postgres(dead: Dead) -> list[str]:
    """What is left of a server beside what any run may leave. Its sessions carry no mark, but run in its directory."""
    data = str(dead.directory.system)
    processes = [
        f"a process in {data}: {process}"
        for process in psutil.process_iter()
        if (cwd := _directory_of(process)) is not None and cwd.startswith(data)
    ]
    return [*processes, *_segments_of(dead), *(str(path) for path in dead.directory.system.iterdir())]


def _segments_of(dead: Dead) -> list[str]:
    """The shared memory that a process of the run has made, where this system lists it."""
    if not SEGMENTS.exists():
        return []
    makers = {str(started["pid"]) for started in dead.started}
    segments = [line.split() for line in SEGMENTS.read_text(encoding="ascii").splitlines()[1:]]
    return [f"shared memory {segment[1]}" for segment in segments if segment[4] in makers]


def _directory_of(process: psutil.Process) -> str | None:
    try:
        return process.cwd()
    except psutil.Error:
        return None


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        pytest.param("pause", "after-confirm", marks=pytest.mark.sample),
        ("pause", "during-undo"),
        ("kill", "after-inject"),
        ("kill", "between-fork-and-record-under-fault"),
        ("restart", "during-undo"),
    ],
)
def test_a_runner_that_is_killed_leaves_nothing(fault: str, step: str, place: Path) -> None:
    dead = run_to_death(place, step, fault, *ON_POSTGRES, *ON_IT)
    assert dead.code == -9
    assert_nothing_is_left(dead)
    assert left_of_postgres(dead) == []


@pytest.mark.parametrize("step", ["guardian", "both"])
def test_whoever_else_dies_nothing_is_left_in_the_end(step: str, place: Path) -> None:
    dead = run_to_death(place, step, "kill", *ON_POSTGRES, *ON_IT)
    if step == "both":
        subprocess.run([sys.executable, "-P", "-m", "chaos", "heal"], capture_output=True, check=True)
    assert left_of(dead) == []
    assert left_of_postgres(dead) == []
