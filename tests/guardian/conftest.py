"""A run's directory, processes that belong to it, and the proof that none of them is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from chaos.guardian.lock import comes_free
from chaos.guardian.mark import MARK, is_marked
from chaos.guardian.runs import is_registered
from chaos.guardian.state import STATE_VARIABLE
from chaos.processes.census import living
from chaos.processes.tree import is_alive
from chaos.run_directory import RunDirectory

SLEEP = "import time; time.sleep(600)"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the runs of one test share."""
    place = tmp_path / "state"
    monkeypatch.setenv(STATE_VARIABLE, str(place))
    return place


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    """The directory of a run."""
    return RunDirectory.create(tmp_path / "runs", "guarded")


class Family:
    """Starts processes as a run's components do, and ends what a test has left of them."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._children: list[subprocess.Popen[str]] = []

    def start(self, code: str = SLEEP, *, marked: bool = True) -> psutil.Process:
        """A process that runs this code, in a session of its own."""
        return self._begin(code, marked=marked)[0]

    def start_and_hear(self, code: str, *, marked: bool = True) -> tuple[psutil.Process, str]:
        """The same, once it has said a line; and that line."""
        process, child = self._begin(code, marked=marked)
        assert child.stdout is not None
        return process, child.stdout.readline().strip()

    def _begin(self, code: str, *, marked: bool) -> tuple[psutil.Process, subprocess.Popen[str]]:
        environment = {name: value for name, value in os.environ.items() if name != MARK}
        child = subprocess.Popen(
            [sys.executable, "-S", "-c", code],
            env={**environment, **({MARK: self._run} if marked else {})},
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self._children.append(child)
        process = psutil.Process(child.pid)
        until(lambda: _is_loaded(process))
        return process, child

    def end(self) -> None:
        """End all of it."""
        for child in self._children:
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()


def _is_loaded(process: psutil.Process) -> bool:
    """Whether its program is there, or has been: until then its environment is told as empty."""
    try:
        return process.environ() != {}
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def family(directory: RunDirectory) -> Iterator[Family]:
    """The processes of the run; none that they have started in their turn may be left."""
    processes = Family(directory.name)
    yield processes
    processes.end()
    until(lambda: marked_processes(directory.name) == [])


def stop(process: psutil.Process) -> None:
    """Stop a process, and see it stopped: the signal takes its time."""
    process.suspend()
    until(lambda: process.status() == psutil.STATUS_STOPPED)


def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    """Wait until this holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.005)


def marked_processes(run: str) -> list[psutil.Process]:
    """Every living process that carries the mark of a run."""
    found = [process for one in living() if (process := one.process.find()) is not None]
    return [process for process in found if is_marked(process, run) and is_alive(process)]


class Runner:
    """A run of `tests.guardian.runner`, as its own process."""

    def __init__(self, directory: RunDirectory, *steps: str) -> None:
        self.directory = directory
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.guardian.runner", str(directory.path), *steps],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pids: dict[str, int] = {}
        for line in self._lines():
            name, _, pid = line.partition(" ")
            if name == "guarded":
                return
            self.pids[name] = int(pid)
        raise AssertionError("it was never guarded")

    def process(self, component: str) -> psutil.Process:
        """The process of a component that it has started."""
        return psutil.Process(self.pids[component])

    def said(self) -> str:
        """The next line that it says."""
        return next(self._lines(), "")

    def is_gone(self) -> bool:
        """Whether nothing of the run is left: no process, no entry, no lock."""
        left = marked_processes(self.directory.name)
        return not left and not is_registered(self.directory.name) and comes_free(self.directory)

    def end(self) -> None:
        """End what a test has left of it."""
        self.child.kill()
        self.child.wait()
        assert self.child.stdout is not None
        self.child.stdout.close()

    def _lines(self) -> Iterator[str]:
        assert self.child.stdout is not None
        return (line.strip() for line in self.child.stdout)


@pytest.fixture
def run(directory: RunDirectory) -> Iterator[Callable[..., Runner]]:
    """Starts a runner of the run in `directory`, or in another one, that takes the named steps."""
    runners: list[Runner] = []

    def start(*steps: str, where: RunDirectory = directory) -> Runner:
        runners.append(Runner(where, *steps))
        return runners[-1]

    yield start
    for runner in runners:
        runner.end()
        until(runner.is_gone)
