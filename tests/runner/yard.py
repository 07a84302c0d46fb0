"""A real core with a crew of real workers and producers, for tests of what comes and goes while a load is on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from chaos.clock import now_ns
from chaos.experiment.model import Experiment, Load, SystemSpec
from chaos.experiment.targets import Cast
from chaos.faults.protocol import Evidence, Fault
from chaos.ledger.events import ComponentDown, ComponentReady, ComponentUp, Event, LedgerClosed, LedgerOpened
from chaos.ledger.tail import LedgerTail
from chaos.processes.component import Component
from chaos.proxies.proxies import Proxies
from chaos.runner.components import SystemComponent
from chaos.runner.live import LiveCounts
from chaos.runner.load import Crew, LoadPlanner
from chaos.runner.scene import FaultScene, Stage, rank_of
from chaos.runner.windows import Windows
from chaos.script import cast_of
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem

T = TypeVar("T")
SEED: Final = 7
PATIENCE_S: Final = 20.0


class Yard:
    """A core and a crew in an event loop of their own, with everything that they said.

    Args:
        place: Where it keeps its files.
        load: What the crew does, as it stands in an experiment file.
    """

    def __init__(self, place: Path, load: dict[str, Any]) -> None:
        self._loop = asyncio.Runner()
        self._place = place
        for name in ("ledger", "logs", "scratch"):
            (place / name).mkdir()
        self.ledger = place / "ledger"
        self.events: list[Event] = []
        experiment = Experiment(
            title="a yard", system=SystemSpec(name="reference"), load=Load.model_validate(load), seed=SEED
        )
        self.cast: Cast = cast_of(experiment)
        self.live = LiveCounts(LedgerTail(self.ledger), experiment.load.jobs)
        self._experiment = experiment
        self._injections = 0

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something in the event loop that all of it lives in."""
        return self._loop.run(coroutine)

    async def start(self) -> None:
        """Start the core and the crew, and tell it to begin."""
        (spec,) = ReferenceSystem(ReferenceSpec(name="reference"), self._place / "core").prepare()
        address = spec.address
        assert address is not None
        self.core = SystemComponent(spec, Component("core", self._record), self._place / "logs")
        await self.core.start()
        planner = LoadPlanner(
            self._experiment, run="a-run", seed=SEED, ledger=self.ledger, address_of=lambda _: address
        )
        self.crew = Crew(planner, self._place / "logs", self._record, self.live)
        self._stage = Stage(
            seed=SEED,
            cast=self.cast,
            proxies=Proxies("a-run", self._place / "logs", self._record, url=None),
            live=self.live,
            windows=Windows(self._record),
            ledger=self.ledger,
            logs=self._place / "logs",
            scratch=self._place / "scratch",
            record=self._record,
            breakables={"core": self.core, **self.crew.breakables},
        )
        await self.crew.start()
        await self.crew.begin(now_ns())

    def scene(self, fault: Fault[Any], name: str | None = None) -> FaultScene:
        """The scene of an injection of this fault, with targets drawn from the seed."""
        self._injections += 1
        called = name or fault.spec.fault
        return FaultScene(
            self._stage,
            name=called,
            fault=called,
            number=self._injections if name is None else 1,
            targets=fault.choose(self.cast, rank_of(SEED, called, self._injections)),
        )

    async def until(self, what: str, holds: Any) -> None:
        """Wait until this is true of the yard."""
        until_ns = now_ns() + int(PATIENCE_S * 1e9)
        self.live.refresh()
        while not holds():
            assert now_ns() < until_ns, f"waited {PATIENCE_S:g} s for {what}"
            await asyncio.sleep(0.01)
            self.live.refresh()

    def ups(self, component: str) -> list[int]:
        """The incarnations of a component that were started."""
        return [e.incarnation for e in self.events if isinstance(e, ComponentUp) and e.component == component]

    def downs(self, component: str) -> list[str]:
        """How the processes of a component ended."""
        return [e.status for e in self.events if isinstance(e, ComponentDown) and e.component == component]

    def ready_again(self, component: str) -> int:
        """How often a component became ready."""
        return sum(isinstance(e, ComponentReady) and e.component == component for e in self.events)

    def files_opened(self, component: str) -> list[int]:
        """The incarnations whose ledger file was opened."""
        return [
            e.incarnation for e in self.events if isinstance(e, LedgerOpened) and e.component == component
        ]

    def files_closed(self, component: str) -> dict[int, int]:
        """The incarnations whose ledger file was closed, and how long it was said to be."""
        return {
            e.incarnation: e.ledger_bytes
            for e in self.events
            if isinstance(e, LedgerClosed) and e.component == component
        }

    def close(self) -> None:
        """End all of it, and the event loop."""
        try:
            self.run(self._stop())
        finally:
            self._loop.close()

    async def _stop(self) -> None:
        await self.crew.stop()
        await self.core.stop()

    def _record(self, event: Event) -> None:
        self.events.append(event)
        self.live.take(event)


async def bite(fault: Fault[Any], scene: FaultScene) -> Evidence:
    """Inject a fault, once it has said how it is undone; its evidence."""
    fault.undo(scene)
    await fault.inject(scene)
    scene.injected_ns = now_ns()
    return await fault.confirm(scene)
