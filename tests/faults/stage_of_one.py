"""A stage with one real core of the reference system, for faults that work on a component or on the whole machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from chaos.clock import now_ns
from chaos.experiment.targets import Cast
from chaos.faults.protocol import Fault, InFlight, Link, OwnDisk
from chaos.ledger.calls import Calls
from chaos.ledger.events import Event
from chaos.processes.component import Component
from chaos.processes.own_disk import OwnDiskHolder
from chaos.runner.components import SystemComponent
from chaos.runner.scene import RunTool
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem

T = TypeVar("T")
CAST = Cast({"cores": ("core",), "workers": ("worker-1",), "producers": ("producer-1",)})


class StageOfOne:
    """What a fault may touch and see where there is one core and nobody else."""

    name = "fault"
    cast = CAST
    targets = ("core",)

    def __init__(self, place: Path, core: SystemComponent) -> None:
        self.core = core
        self.injected_ns = now_ns()
        self.scratch = place / "scratch"
        self.scratch.mkdir()
        self.holder = OwnDiskHolder()
        self.logs = place / "logs"
        self.tools: list[RunTool] = []

    def component(self, name: str) -> SystemComponent:
        """The core."""
        assert name == "core"
        return self.core

    def disk(self, component: str) -> Path:
        """The core's own file system."""
        assert component == "core"
        return self.holder.reach

    def link(self, client: str, server: str) -> Link:
        """There is none."""
        raise AssertionError(f"nobody connects {client} to {server} here")

    async def start_tool(self, name: str, command: Sequence[str]) -> RunTool:
        """A program beside the core."""
        component = Component(name, lambda _: None)
        tool = RunTool(component)
        self.tools.append(tool)
        await component.start(command, log_path=self.logs / f"{name}.log")
        return tool

    def in_flight(self, components: Iterable[str] | None = None) -> InFlight:  # noqa: ARG002
        """There is no load."""
        return InFlight(0, 0, 0)

    def calls(self, components: Iterable[str], start_ns: int, end_ns: int) -> Calls:  # noqa: ARG002
        """There is no load."""
        return Calls(0, None, None, None, 0, 0, 0, 0.0)

    def draw(self, purpose: str, *numbers: int) -> float:  # noqa: ARG002
        """Always the same."""
        return 0.5


@contextlib.asynccontextmanager
async def stage_of_one(place: Path, disk: OwnDisk | None = None) -> AsyncIterator[StageOfOne]:
    """A stage whose core answers; on a disk of its own if one is asked for. Everything ends with it."""
    (spec,) = ReferenceSystem(ReferenceSpec(name="reference"), place / "system").prepare()
    heard: list[Event] = []
    core = SystemComponent(spec, Component("core", heard.append), place / "logs")
    stage = StageOfOne(place, core)
    try:
        if disk is None:
            await core.start()
        else:
            assert spec.data is not None
            log_path = place / "logs" / "core-disk.log"
            await stage.holder.start("core", spec.data, disk.size_bytes, log_path, heard.append)
            await core.start(stage.holder.wrap)
        yield stage
    finally:
        for tool in stage.tools:
            await tool.stop()
        await core.stop()
        await stage.holder.stop()


def spec_of(fault: type[Fault[Any]], **keys: object) -> Any:
    """The spec of a fault from its keys as they stand in a file, `_` for `-`."""
    written = {key.replace("_", "-"): value for key, value in keys.items()}
    return fault.spec_model.model_validate({"fault": "fault", "at": "1s", **written})


def play(scene: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in an event loop of its own."""
    return asyncio.run(scene)
