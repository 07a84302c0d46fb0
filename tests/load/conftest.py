"""Real queues and real load processes for the tests of the load."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray

from chaos.clock import now_ns
from chaos.experiment.model import Runtime
from chaos.ledger.reader import RECORD, Ledger
from chaos.ledger.records import Kind
from chaos.load.connection import OPTIONS
from chaos.load.plan import OperatorPlan, ProcessPlan, ProducerPlan, ReaderPlan, WorkerPlan
from chaos.load.runtimes import RUNTIMES, Role
from chaos.processes.ports import free_port, release_port
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from chaos.wire import reseolio_pb2 as pb
from chaos.wire.methods import LIST_JOBS

RUN: Final = "a-run"
JOB_NAME: Final = "chaos"
PATIENCE_S: Final = 20.0
JOBS: Final[dict[str, Any]] = {
    "job_name": JOB_NAME,
    "payload_bytes": 256,
    "max_attempts": 5,
    "timeout_s": 5.0,
    "backoff": "fixed",
    "initial_delay_s": 0.05,
    "max_delay_s": 0.05,
}


class Queue:
    """A queue's process on a port and a data directory of its own, which outlive it."""

    def __init__(self, command: Callable[[str, Path], list[str]], directory: Path) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self._command = command(self.address, directory)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting for anything."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start_and_wait(self) -> None:
        """Start it and wait until it answers."""
        self.start()
        wait_for("the queue to answer", lambda: _answers(self.address))

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """SIGSTOP; returns once every thread has stopped."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        threads = Path(f"/proc/{self._process.pid}/task")
        wait_for("every thread to stop", lambda: all(_is_stopped(thread) for thread in threads.iterdir()))

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it and give its port back."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        release_port(int(self.address.rpartition(":")[2]))


def _answers(address: str) -> bool:
    with grpc.insecure_channel(address, options=OPTIONS) as channel:
        list_jobs = channel.unary_unary(
            LIST_JOBS.path, LIST_JOBS.request.SerializeToString, LIST_JOBS.response.FromString
        )
        try:
            list_jobs(pb.ListJobsRequest(limit=1), timeout=1.0)
        except grpc.RpcError:
            return False
        return True


def _is_stopped(thread: Path) -> bool:
    return "\nState:\tT" in (thread / "status").read_text(encoding="utf-8")


def _reference(address: str, directory: Path) -> list[str]:
    return [sys.executable, "-m", "chaos.systems.reference", "--listen", address, "--data", str(directory)]


def _reseolio(address: str, directory: Path) -> list[str]:
    return [str(find_core().path), "--database-url", f"sqlite://{directory}/q.db", "--listen-addr", address]


def _quickest() -> Callable[[str, Path], list[str]]:
    """Reseolio's core where this machine has it, for it starts in no time; else the embedded queue."""
    try:
        find_core()
    except CoreNotFoundError:
        return _reference
    return _reseolio


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """A real queue that is ready."""
    directory = tmp_path / "queue"
    directory.mkdir()
    queue = Queue(_quickest(), directory)
    try:
        queue.start_and_wait()
        yield queue
    finally:
        queue.close()


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[Queue]:
    """The embedded queue, ready."""
    directory = tmp_path / "reference"
    directory.mkdir()
    queue = Queue(_reference, directory)
    try:
        queue.start_and_wait()
        yield queue
    finally:
        queue.close()


class Load:
    """One load process under test."""

    def __init__(self, command: Sequence[str], plan: ProcessPlan) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._output = b""
        self.say(plan.to_json())

    def say(self, line: str) -> None:
        """Send one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def begin(self) -> None:
        """Wait until it is ready, and tell it to begin at once."""
        assert self.line() == "ready"
        self.say(f"go {now_ns()}")

    def line(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        output = self.process.stdout.fileno()
        until = time.monotonic() + PATIENCE_S
        while b"\n" not in self._output:
            readable, _, _ = select.select([output], [], [], max(0.0, until - time.monotonic()))
            assert readable, f"it said nothing for {PATIENCE_S} s"
            data = os.read(output, 65536)
            assert data, f"it ended without a word: {self.process.wait()}"
            self._output += data
        line, _, self._output = self._output.partition(b"\n")
        return line.decode()

    def done(self) -> dict[str, Any]:
        """Its summary, once it has nothing left to do; it is let go then."""
        summary = self.summary()
        self.say("stop")
        assert self.exit_code() == 0
        return summary

    def summary(self) -> dict[str, Any]:
        """Its summary, once it has nothing left to do."""
        word, _, rest = self.line().partition(" ")
        assert word == "done", rest
        return dict(json.loads(rest))

    def failed(self) -> str:
        """Why it can't go on, once it has left."""
        word, _, rest = self.line().partition(" ")
        assert word == "failed", rest
        assert self.exit_code() == 5
        return rest

    def stopped(self) -> dict[str, Any]:
        """Its summary, after it was told to stop."""
        self.say("stop")
        summary = self.summary()
        assert self.exit_code() == 0
        return summary

    def exit_code(self) -> int:
        """How it ended."""
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Starts load processes, and ends those that are left."""
    loads: list[Load] = []

    def start(role: str, plan: ProcessPlan, runtime: Runtime = Runtime.PYTHON) -> Load:
        loads.append(Load(RUNTIMES[runtime].command(Role(role)), plan))
        return loads[-1]

    yield start
    for load in loads:
        load.process.kill()
        load.process.wait()
        for pipe in (load.process.stdin, load.process.stdout, load.process.stderr):
            if pipe is not None:
                pipe.close()


class Launch(Protocol):
    """Starts a load process: a `producer`, a `worker` or a `reader`."""

    def __call__(self, role: str, plan: ProcessPlan, runtime: Runtime = Runtime.PYTHON) -> Load: ...


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The directory of a ledger."""
    directory = tmp_path / "ledger"
    directory.mkdir()
    return directory


def records(ledger: Path, writer: str, *kinds: Kind) -> NDArray[np.void]:
    """The records of one file that are about jobs, or those of some kinds."""
    file = next(file for file in Ledger.open(ledger).files if file.writer == writer)
    every = np.concatenate([np.zeros(0, RECORD), *(chunk.copy() for chunk in file.chunks())])
    about_jobs = [kind for kind in Kind if kind not in (Kind.CONNECTED, Kind.DISCONNECTED)]
    return every[np.isin(every["kind"], kinds or about_jobs)]


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Wait until something has come about."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, f"waited {PATIENCE_S} s for: {what}"
        time.sleep(0.005)


def producer_plan(ledger: Path, address: str, **changes: Any) -> ProducerPlan:
    """A producer's plan, with what a test changes in it."""
    plan: dict[str, Any] = {
        "run": RUN,
        "seed": 7,
        "component": "producer-1",
        "incarnation": 1,
        "ledger": str(ledger),
        "address": address,
        "jobs": 200,
        "first": 0,
        "step": 1,
        "rate_per_s": 400.0,
        "in_flight": 16,
        "enqueued_twice": 0.0,
        "give_up_after_s": 30.0,
    }
    return ProducerPlan(**JOBS | plan | changes)


def operator_plan(ledger: Path, address: str, **changes: Any) -> OperatorPlan:
    """An operator's plan, with what a test changes in it."""
    plan: dict[str, Any] = {
        "run": RUN,
        "seed": 7,
        "component": "operator",
        "incarnation": 1,
        "ledger": str(ledger),
        "address": address,
        "jobs": 1000,
        "retries_dead": False,
    }
    return OperatorPlan(**JOBS | plan | changes)


def worker_plan(ledger: Path, address: str, **changes: Any) -> WorkerPlan:
    """A worker's plan, with what a test changes in it."""
    plan: dict[str, Any] = {
        "run": RUN,
        "seed": 7,
        "component": "worker-1",
        "incarnation": 1,
        "ledger": str(ledger),
        "address": address,
        "concurrency": 8,
        "duration_s": 0.01,
        "failure_rate": 0.0,
    }
    return WorkerPlan(**JOBS | plan | changes)


def reader_plan(ledger: Path, address: str, **changes: Any) -> ReaderPlan:
    """A reader's plan, with what a test changes in it."""
    plan: dict[str, Any] = {
        "run": RUN,
        "seed": 7,
        "component": "reader",
        "incarnation": 1,
        "ledger": str(ledger),
        "address": address,
        "job_name": JOB_NAME,
        "in_flight": 16,
        "lists": True,
        "deadline_s": 20.0,
    }
    return ReaderPlan(**plan | changes)
