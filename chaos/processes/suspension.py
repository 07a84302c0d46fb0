"""Stopping a process with all that it started, letting it go on, and seeing what each of its threads does.

Linux tells the state of every thread. Elsewhere psutil tells one for each process, which stands for its threads.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.processes.errors import NotInTimeError, ProcessGoneError
from chaos.processes.process import Process
from chaos.processes.tree import below, is_alive, resume_each, suspend_each

STOPPED: Final = "stopped"

_STATES: Final = {
    "R": "running",
    "S": "sleeping",
    "D": "waiting for a device",
    "I": "idle",
    "T": STOPPED,
    "t": "traced",
}
_ENDED: Final = "ZXx"
_WITHIN_S: Final = 2.0
_FIRST_POLL_S: Final = 0.0005
_SLOWEST_POLL_S: Final = 0.02


Condition = Callable[[Counter[str]], bool]


def can_suspend() -> bool:
    """Whether this operating system can stop a process and let it go on."""
    return hasattr(signal, "SIGSTOP") or sys.platform == "win32"


class Suspension:
    """A process and all that it started, to be stopped and let go on together.

    Args:
        process: The one at the top.
    """

    def __init__(self, process: Process) -> None:
        self._top = process
        self._tree: set[psutil.Process] = set()

    async def stop(self, within_s: float = _WITHIN_S) -> Counter[str]:
        """Stop every process, and wait until every thread is stopped; how many there are, under `stopped`.

        Raises:
            ProcessGoneError: The process is gone.
            NotInTimeError: A thread goes on.
        """
        self._tree = {process for process in self._tree if is_alive(process)}
        suspend_each(self._tree)
        self._stop_new()
        states = await self._until(self._is_stopped, within_s)
        if states is None:
            others = ", ".join(f"{number} {state}" for state, number in sorted(self.states().items()))
            raise NotInTimeError(
                f"process {self._top.pid} is not stopped {within_s:g} s after SIGSTOP; its threads: {others}"
            )
        if not states:
            raise ProcessGoneError(f"process {self._top.pid} ended before it could be stopped")
        return states

    async def go_on(self, within_s: float = _WITHIN_S) -> Counter[str]:
        """Let them all go on, and wait until no thread is stopped; how many are in which state. Harmless if gone.

        Raises:
            NotInTimeError: A thread is still stopped.
        """
        self._tree.update(_tree(self._top))
        resume_each(self._tree)
        states = await self._until(lambda states: STOPPED not in states, within_s)
        if states is None:
            raise NotInTimeError(
                f"{self.states()[STOPPED]} threads of process {self._top.pid} are still stopped {within_s:g} s after "
                f"SIGCONT; let them go on by hand: kill -CONT {' '.join(str(p.pid) for p in self._tree)}"
            )
        return states

    def states(self) -> Counter[str]:
        """How many threads of the tree are in which state now."""
        return thread_states(self._tree)

    def _stop_new(self) -> bool:
        """Stop those that are not yet known, from the top down; whether there were any."""
        found_new = False
        for process in _tree(self._top):
            if process not in self._tree:
                suspend_each([process])
                self._tree.add(process)
                found_new = True
        return found_new

    def _is_stopped(self, states: Counter[str]) -> bool:
        """Whether all threads are stopped, and nobody was started before that; or whether all have ended."""
        return set(states) <= {STOPPED} and not self._stop_new()

    async def _until(self, holds: Condition, within_s: float) -> Counter[str] | None:
        """The states of the threads once this is true of them; None if it never was in this time."""
        start_ns, pause_s = now_ns(), _FIRST_POLL_S
        while not holds(states := self.states()):
            if seconds_between(start_ns, now_ns()) >= within_s:
                return None
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _SLOWEST_POLL_S)
        return states


@dataclass
class _Held:
    """One process that somebody has stopped, or is about to stop or to let go."""

    suspension: Suspension
    by: set[str] = field(default_factory=set)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)


class Suspensions:
    """Who has which processes stopped: each goes on once nobody has it stopped any more."""

    def __init__(self) -> None:
        self._held: dict[Process, _Held] = {}

    async def stop(self, process: Process, by: str) -> None:
        """Stop a process and all that it started. It is to be let go by whoever asked, also if this fails.

        Args:
            process: The one at the top.
            by: Who has it stopped from now on.

        Raises:
            ProcessGoneError: The process is gone.
            NotInTimeError: A thread goes on.
        """
        held = self._held.setdefault(process, _Held(Suspension(process)))
        held.by.add(by)
        async with held.changing:
            await held.suspension.stop()

    async def let_go(self, process: Process, by: str) -> Sequence[str]:
        """Let it go on, unless others have it stopped; who they are. Harmless if this one never had it stopped.

        Raises:
            NotInTimeError: Nobody has it stopped, and a thread still is.
        """
        held = self._held.get(process)
        if held is None:
            return ()
        async with held.changing:
            held.by.discard(by)
            if not held.by:
                await held.suspension.go_on()
            if not held.by:  # nobody came meanwhile
                self._held.pop(process, None)
            return sorted(held.by)

    def states(self, process: Process) -> Counter[str]:
        """How many threads of the process and of all that it started are in which state now."""
        held = self._held.get(process)
        return thread_states(set(_tree(process))) if held is None else held.suspension.states()


def let_go_on(process: Process) -> None:
    """Let a process and all that it started go on, if they are stopped."""
    resume_each(_tree(process))


def thread_states(processes: Iterable[psutil.Process]) -> Counter[str]:
    """How many threads of these processes are in which state; those that have ended are left out."""
    states: Counter[str] = Counter()
    for process in processes:
        states.update(_linux_states(process) if sys.platform == "linux" else _portable_states(process))
    return states


def _linux_states(process: psutil.Process) -> Iterable[str]:
    """The state of each thread, from `/proc/PID/task/*/stat`: the field behind the name, which ends with `)`."""
    for path in Path(f"/proc/{process.pid}/task").glob("*/stat"):
        try:
            letter = path.read_bytes().rpartition(b") ")[2][:1].decode()
        except OSError:  # this thread has just ended
            continue
        if letter not in _ENDED:
            yield _STATES.get(letter, letter)


def _portable_states(process: psutil.Process) -> Iterable[str]:
    try:
        status = process.status()
        threads = process.num_threads()
    except psutil.Error:
        return
    if status != psutil.STATUS_ZOMBIE:
        yield from [STOPPED if status == psutil.STATUS_STOPPED else str(status)] * threads


def _tree(process: Process) -> Iterator[psutil.Process]:
    """A child of this process, and then all below it, looked for only then; nobody once it is gone."""
    if process.is_gone:
        return
    try:
        yield psutil.Process(process.pid)
    except psutil.NoSuchProcess:
        return
    yield from below(process.pid)
