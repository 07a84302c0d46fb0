"""A process is stopped with all that it started, thread by thread, and goes on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from chaos.processes.errors import ProcessGoneError
from chaos.processes.process import Process, start_process
from chaos.processes.suspension import Suspension, can_suspend, let_go_on, thread_states

pytestmark = [
    pytest.mark.usefixtures("way"),
    pytest.mark.skipif(not can_suspend(), reason="this operating system stops no processes"),
]

_FAMILY = """
import subprocess, sys, threading, time
def count():
    while True:
        time.sleep(0.001)
for _ in range(3):
    threading.Thread(target=count, daemon=True).start()
below = [sys.executable, "-c", "print(1, flush=True); import time; time.sleep(60)"]
subprocess.Popen(below, stdout=subprocess.PIPE).stdout.readline()
print("up", flush=True)
while True:
    time.sleep(0.001)
"""
_THREADS_ON_TOP = 4


@asynccontextmanager
async def family(place: Path) -> AsyncIterator[Process]:
    """A process with four threads and a child."""
    process = await start_process([sys.executable, "-c", _FAMILY], log_path=place / "log", control=True)
    try:
        await process.next_line(20.0, waiting_for="up")
        yield process
    finally:
        await process.stop(0.0)


def members(process: Process) -> list[psutil.Process]:
    top = psutil.Process(process.pid)
    return [top, *top.children(recursive=True)]


async def test_every_thread_of_the_whole_family_stops(tmp_path: Path) -> None:
    async with family(tmp_path) as process:
        stopped = await Suspension(process).stop()
        assert stopped == {"stopped": _THREADS_ON_TOP + 1}
        assert {member.status() for member in members(process)} == {psutil.STATUS_STOPPED}


async def test_they_go_on_together(tmp_path: Path) -> None:
    async with family(tmp_path) as process:
        suspension = Suspension(process)
        await suspension.stop()
        states = await suspension.go_on()
        assert "stopped" not in states
        assert states.total() == _THREADS_ON_TOP + 1
        assert psutil.STATUS_STOPPED not in {member.status() for member in members(process)}


async def test_it_can_be_done_again_and_going_on_twice_does_no_harm(tmp_path: Path) -> None:
    async with family(tmp_path) as process:
        suspension = Suspension(process)
        for _ in range(2):
            await suspension.stop()
            await suspension.go_on()
            await suspension.go_on()
        assert "stopped" not in suspension.states()


async def test_somebody_else_can_let_them_go_on(tmp_path: Path) -> None:
    async with family(tmp_path) as process:
        await Suspension(process).stop()
        let_go_on(process)
        async with asyncio.timeout(5.0):
            while "stopped" in thread_states(members(process)):  # noqa: ASYNC110 - nobody tells when it happens
                await asyncio.sleep(0.001)


async def test_one_that_is_gone_is_not_stopped_and_needs_no_letting_go(tmp_path: Path) -> None:
    async with family(tmp_path) as process:
        suspension = Suspension(process)
        await suspension.stop()
        await process.stop(0.0)
        assert not await suspension.go_on()
        with pytest.raises(ProcessGoneError, match="before it could be stopped"):
            await suspension.stop()
