"""Runs of the whole command, as a user gives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

PATIENCE_S = 90.0

QUIET = """\
title: A short run
system: reference
load:
  jobs: 200
  rate: 200/s
  workers: {count: 2, concurrency: 8}
  job: {duration: 10ms, timeout: 2s, max-delay: 500ms}
"""

KILL = (
    QUIET.replace("duration: 10ms", "duration: 50ms")
    + """
faults:
  - {fault: kill, target: core, at: 50% of jobs, restart-after: 200ms}
"""
)


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str
    runs: Path

    @property
    def run(self) -> Path:
        """The directory of the only run."""
        (directory,) = self.runs.iterdir()
        return directory

    @property
    def results(self) -> dict[str, Any]:
        """The results of the only run."""
        return dict(json.loads((self.run / "results.json").read_text(encoding="utf-8")))

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the runner recorded."""
        lines = (self.run / "ledger" / "events.ndjson").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @property
    def pids(self) -> list[int]:
        """Every process that the run started."""
        return [event["pid"] for event in self.events if event["event"] == "component-up"]

    def found(self) -> dict[str, int]:
        """Every finding with its number, where there is one."""
        return {
            name: n for check in self.results["checks"] for name, n in check.get("findings", {}).items() if n
        }


class Chaos:
    """The `chaos` command, in a directory of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.runs = place / "runs"
        self.children: list[subprocess.Popen[str]] = []

    def file(self, text: str, name: str = "experiment.yaml") -> str:
        """An experiment file with this text."""
        (self.place / name).write_text(text, encoding="utf-8")
        return name

    def start(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """The command, started."""
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "chaos", *arguments],
            cwd=self.place,
            env={**os.environ, "CHAOS_RUNS": str(self.runs), **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.children.append(child)
        return child

    def finish(self, child: subprocess.Popen[str]) -> Done:
        """What came of a command that was started."""
        out, err = child.communicate(timeout=PATIENCE_S)
        return Done(child.returncode, out, err, self.runs)

    def __call__(self, *arguments: str, environment: dict[str, str] | None = None) -> Done:
        """What comes of the command."""
        return self.finish(self.start(*arguments, environment=environment))


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[Chaos]:
    """The command; whatever a test leaves running is ended."""
    command = Chaos(tmp_path)
    yield command
    for child in command.children:
        if child.poll() is None:
            child.kill()
            child.wait()


@pytest.fixture
def nothing_left() -> Callable[[Done], None]:
    """Asserts that no process of a run is alive."""

    def check(done: Done) -> None:
        alive = [pid for pid in done.pids if psutil.pid_exists(pid)]
        assert alive == []

    return check
