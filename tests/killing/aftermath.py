"""Runs that die, and what is left of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from chaos.faults.registry import fault_named
from chaos.guardian.lock import comes_free
from chaos.guardian.runs import registered
from chaos.guardian.undo_log import read_undo_log
from chaos.processes.tree import is_alive
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import marked_processes

GONE_WITHIN_S = 5.0
CLEAN_UPS_S: list[float] = []
"""How long each took from the death to the moment when nothing was left."""

_DYING = Path(__file__).with_name("dying.py")
_PATIENCE_S = 90.0


def experiment(fault: str) -> str:
    """A small experiment with the fault's own example, which bites early and is soon over."""
    entry: dict[str, Any] = yaml.safe_load(fault_named(fault).example)
    if not {"after", "when", "every"} & set(entry):
        entry["at"] = "300ms"
    if "for" in entry:
        entry["for"] = "700ms"
    return yaml.safe_dump(
        {
            "title": f"Dying of {fault}",
            "system": "reference",
            "load": {
                "jobs": 1200,
                "rate": "200/s",
                "workers": {"count": 2, "concurrency": 8},
                "job": {"duration": "10ms", "timeout": "2s", "max-delay": "500ms"},
            },
            "faults": [entry],
        }
    )


@dataclass(frozen=True)
class Dead:
    """A run that was killed at some step: how its command ended, when, and what it had started by then."""

    code: int
    output: str
    at_s: float
    started: list[dict[str, Any]]
    directory: RunDirectory


def run_to_death(place: Path, step: str, fault: str, *arguments: str) -> Dead:
    """A run of the fault's experiment that dies at a step."""
    file, record, runs = place / "experiment.yaml", place / "record.json", place / "runs"
    file.write_text(experiment(fault), encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-P", str(_DYING), step, fault, str(record)),
            *("run", str(file), "--runs", str(runs), *arguments),
        ],
        stdout=(place / "output").open("w"),  # no pipe: an orphan would keep it open
        stderr=subprocess.STDOUT,
        timeout=_PATIENCE_S,
        check=False,
    )
    at_s = time.monotonic()
    output = (place / "output").read_text(encoding="utf-8")
    assert record.exists(), f"the run ended with {done.returncode} before {step} of {fault}:\n{output}"
    (directory,) = runs.iterdir()
    started = json.loads(record.read_text(encoding="utf-8"))
    return Dead(done.returncode, output, at_s, started, RunDirectory(directory))


def left_of(dead: Dead) -> list[str]:
    """Everything that is left of a run, a line each."""
    name = dead.directory.name
    marked = marked_processes(name)
    recorded = [
        process
        for started in dead.started
        if (process := _still(started)) is not None and process not in marked
    ]
    ports = [port for started in dead.started for port in started["ports"] if _listens(port)]
    return [
        *(f"a process that the run has started: {process}" for process in (*marked, *recorded)),
        *(f"port {port} is listened on" for port in ports),
        *(f"{run.name} is registered" for run in registered()[0] if run.name == name),
        *(f"{change.fault} is not undone" for change in read_undo_log(dead.directory).open_changes),
        *(["the lock is held"] if not comes_free(dead.directory) else []),
        *(["there are scratch files"] if dead.directory.scratch.exists() else []),
        *(f"mounted: {line}" for line in _mounts() if str(dead.directory.path) in line),
    ]


def assert_nothing_is_left(dead: Dead) -> None:
    """Within a few seconds of its death nothing of a run is there any more."""
    while left := left_of(dead):
        assert time.monotonic() - dead.at_s < GONE_WITHIN_S, f"{left}\n{guardian_log(dead)}"
        time.sleep(0.1)
    CLEAN_UPS_S.append(time.monotonic() - dead.at_s)


def guardian_log(dead: Dead) -> str:
    """What the guardian said."""
    log = dead.directory.logs / "guardian.log"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def _still(started: dict[str, Any]) -> psutil.Process | None:
    try:
        process = psutil.Process(started["pid"])
        return process if process.create_time() == started["created"] and is_alive(process) else None
    except psutil.NoSuchProcess:
        return None


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _mounts() -> list[str]:
    mounts = Path("/proc/self/mountinfo")
    return mounts.read_text(encoding="utf-8").splitlines() if mounts.exists() and os.name == "posix" else []
