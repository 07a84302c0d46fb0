"""How fast a kill bites and a restart starts: `python -m benchmarks.injection [REPETITIONS]`.

Two times, each repeated on a real Reseolio core under readiness and on an idle Python process:

- kill requested → gone: from just before SIGKILL is sent to the end of the process, noticed in the event loop;
- restart asked → started: from the call to the new process having executed its program.

The bar for each is 5 ms at the 99th percentile.

Then, for each fault that ends or stops processes, on the core of the reference system: requested → confirmed, which is
all that the fault does from being asked until it has its evidence. A restart has no bar: how fast it bites is up to the
system.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.clock import now_ns
from chaos.experiment.targets import Cast
from chaos.faults.protocol import InFlight
from chaos.faults.registry import fault_named
from chaos.ledger.events import Event
from chaos.processes.component import Component
from chaos.runner.components import SystemComponent
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem
from chaos.systems.reseolio.system import ReseolioSpec, ReseolioSystem

BAR_MS = 5.0
REPETITIONS = 300


@dataclass(frozen=True)
class Subject:
    """A program to be killed and restarted."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[], Awaitable[bool]]


async def measure(subject: Subject, repetitions: int, directory: Path) -> tuple[list[float], list[float]]:
    """Milliseconds of each kill and of each restart."""
    component = Component(subject.name, _ignored)
    await component.start(subject.command, log_path=directory / f"{subject.name}.log")
    kills, restarts = [], []
    try:
        for _ in range(repetitions):
            await component.wait_ready(subject.is_ready, 15.0)
            killed = await component.kill()
            kills.append((killed.gone_ns - killed.requested_ns) / 1e6)
            asked_ns = now_ns()
            process = await component.restart()
            restarts.append((process.started_ns - asked_ns) / 1e6)
    finally:
        await component.stop()
    return kills, restarts


class Alone:
    """What a fault may touch and see where there is one core and no load."""

    name = "fault"
    cast = Cast({"cores": ("core",)})
    targets = ("core",)

    def __init__(self, core: SystemComponent) -> None:
        self._core = core

    def component(self, _: str) -> SystemComponent:
        """The core."""
        return self._core

    def in_flight(self, _: object = None) -> InFlight:
        """There is no load."""
        return InFlight(0, 0, 0)


async def measure_fault(name: str, repetitions: int, directory: Path) -> list[float]:
    """Milliseconds from the request to the confirmation, each time the fault is injected."""
    (spec,) = ReferenceSystem(ReferenceSpec(name="reference"), directory / name).prepare()
    core = SystemComponent(spec, Component("core", _ignored), directory)
    scene: Any = Alone(core)
    kind = fault_named(name)
    times = []
    try:
        await core.start()
        for _ in range(repetitions):
            fault = kind(kind.spec_model.model_validate({"fault": name, "target": "core", "at": "0s"}))
            requested_ns = now_ns()
            fault.undo(scene)
            await fault.inject(scene)
            await fault.confirm(scene)
            times.append((now_ns() - requested_ns) / 1e6)
            await fault.revert(scene)
    finally:
        await core.stop()
    return times


def _ignored(_: Event) -> None:
    """Nobody listens."""


def row(what: str, times_ms: Sequence[float], bar_ms: float | None = BAR_MS) -> str:
    """One line of the table."""
    median = statistics.median(times_ms)
    p99 = statistics.quantiles(times_ms, n=100)[98]
    verdict = "" if bar_ms is None else "ok" if p99 <= bar_ms else f"above {bar_ms:g} ms"
    return f"{what:32} {len(times_ms):6} {median:9.2f} {p99:9.2f} {max(times_ms):9.2f}  {verdict}"


async def main(repetitions: int) -> None:
    """Measure and print."""
    print(f"{'ms':32} {'times':>6} {'median':>9} {'p99':>9} {'worst':>9}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (core,) = ReseolioSystem(ReseolioSpec(name="reseolio"), directory / "system").prepare()
        idle_log = directory / "python.log"

        async def python_is_up() -> bool:
            return idle_log.exists()

        idle = (sys.executable, "-c", "import time; time.sleep(600)")
        for subject in (
            Subject("core", core.command, core.is_ready),
            Subject("python", idle, python_is_up),
        ):
            kills, restarts = await measure(subject, repetitions, directory)
            print(row(f"{subject.name}: kill requested → gone", kills))
            print(row(f"{subject.name}: restart → started", restarts))
        for fault in ("kill", "crash-loop", "pause", "restart"):
            times = await measure_fault(fault, repetitions, directory)
            print(row(f"{fault}: requested → confirmed", times, None if fault == "restart" else BAR_MS))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS))
