"""The `chaos` command, with a runner that is killed at a step of one fault: `dying.py STEP FAULT RECORD chaos-args…`.

The product knows nothing of this: it is patched from outside. At its step the runner (or its guardian, or both) gets
SIGKILL, and RECORD keeps which processes it had started by then, and where they listened.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import psutil

from chaos.cli import main
from chaos.faults.protocol import Fault
from chaos.faults.registry import fault_named
from chaos.guardian.undo_log import UndoLog
from chaos.processes import process as processes

_FORKS_BEFORE_DEATH = 3  # the guardian, the core, and the first of the load or the proxies
_GOES_ON = 2
_record = Path()


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _keep_record() -> None:
    seen = []
    for child in _children():
        try:
            listening = [c.laddr.port for c in child.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
            seen.append({"pid": child.pid, "created": child.create_time(), "ports": listening})
        except psutil.Error:
            continue
    _record.write_text(json.dumps(seen), encoding="utf-8")


def _kill_guardian() -> None:
    for child in _children():
        if "chaos.guardian" in child.cmdline():
            child.kill()


def _die() -> None:
    _keep_record()
    os.kill(os.getpid(), signal.SIGKILL)


def _lose_guardian() -> None:
    """Once: the run goes on, and is to notice."""
    if not _record.exists():
        _keep_record()
        _kill_guardian()


def _lose_both() -> None:
    _keep_record()
    _kill_guardian()
    os.kill(os.getpid(), signal.SIGKILL)


def _around_writing(fault: str, before: Callable[[], None], after: Callable[[], None]) -> None:
    write = UndoLog.intend

    def intend(log: UndoLog, name: str, deeds: Any) -> None:
        if name.partition("#")[0] == fault:
            before()
        write(log, name, deeds)
        if name.partition("#")[0] == fault:
            after()

    UndoLog.intend = intend  # type: ignore[method-assign, assignment]


def _after_step(fault: type[Fault[Any]], step: str, then: Callable[[], None]) -> None:
    take = getattr(fault, step)

    async def taken(self: Fault[Any], scene: Any) -> Any:
        try:
            return await take(self, scene)
        finally:
            then()

    setattr(fault, step, taken)


class _HalfWay(Awaitable[Any]):
    """Goes on with a coroutine until it waits for the second time, or ends, and then calls `then`."""

    def __init__(self, steps: Coroutine[Any, Any, Any], then: Callable[[], None]) -> None:
        self._steps = steps
        self._then = then

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._steps.__await__()
        try:
            for waits in range(1, _GOES_ON + 1):
                wait = next(steps)
                if waits == _GOES_ON:
                    self._then()
                yield wait
        finally:
            self._then()


def _half_way(fault: type[Fault[Any]], then: Callable[[], None]) -> None:
    revert = fault.revert

    async def reverting(self: Fault[Any], scene: Any) -> Any:
        return await _HalfWay(revert(self, scene), then)

    fault.revert = reverting  # type: ignore[method-assign]


def _after_forks(then: Callable[[], None]) -> None:
    """Calls `then` after each process that the runner has forked, before it is recorded anywhere."""
    spawn = processes._spawn

    def spawned(*arguments: Any) -> subprocess.Popen[bytes]:
        child = spawn(*arguments)
        then()
        return child

    processes._spawn = spawned  # type: ignore[assignment]


def _the_nth_time(count: int, then: Callable[[], None]) -> Callable[[], None]:
    times = itertools.count(1)

    def once_more() -> None:
        if next(times) == count:
            then()

    return once_more


def _prepare(step: str, name: str) -> None:
    fault = fault_named(name)
    match step:
        case "before-write":
            _around_writing(name, _die, lambda: None)
        case "after-write":
            _around_writing(name, lambda: None, _die)
        case "after-inject":
            _after_step(fault, "inject", _die)
        case "after-confirm":
            _after_step(fault, "confirm", _die)
        case "during-undo":
            _half_way(fault, _die)
        case "between-fork-and-record":
            _after_forks(_the_nth_time(_FORKS_BEFORE_DEATH, _die))
        case "between-fork-and-record-under-fault":
            _around_writing(name, lambda: None, lambda: _after_forks(_die))
        case "guardian":
            _after_step(fault, "confirm", _lose_guardian)
        case "both":
            _after_step(fault, "confirm", _lose_both)
        case _:
            raise ValueError(f"there is no step {step!r}")


if __name__ == "__main__":
    _record = Path(sys.argv[3])
    _prepare(sys.argv[1], sys.argv[2])
    main(sys.argv[4:], prog_name="chaos")
