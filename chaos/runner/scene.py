"""What the probes of a run may look at, and what one injection of a fault may touch and see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.chance import draw
from chaos.clock import now_ns
from chaos.experiment.targets import Cast
from chaos.faults.protocol import Breakable, InFlight, Link
from chaos.ledger.calls import Calls, calls_between
from chaos.ledger.events import TOOL_PREFIX, Event
from chaos.load.client import QueueClient
from chaos.monitor.samples import ResourceSample
from chaos.processes.component import Component
from chaos.processes.process import Process
from chaos.proxies.proxies import Proxies
from chaos.runner.live import LiveCounts
from chaos.runner.watching import Watching
from chaos.runner.windows import Windows
from chaos.systems.protocol import System
from chaos.systems.store import KeepsStore, Store


class RunTool:
    """A program that a fault runs beside the system."""

    def __init__(self, component: Component) -> None:
        self._component = component

    @property
    def process(self) -> Process:
        """Its process."""
        return self._component.process

    async def stop(self) -> None:
        """End it and all it started. Harmless when it is gone.

        Raises:
            ProcessError: Something is left.
        """
        await self._component.stop(grace_s=1.0)


@dataclass
class Stage:
    """Everything of a run that faults and probes can reach.

    Attributes:
        seed: The run's seed.
        cast: Who takes part.
        breakables: The components of the system and of the load, by name; they come about in `start`.
        proxies: The proxies between them.
        disks: Where the file system that was made for a component can be reached from outside.
        live: The counts of the growing ledger.
        windows: The windows of the load.
        ledger: The directory of the ledger.
        logs: Where tools write their logs.
        scratch: A directory for what tools write; gone with the run.
        record: Writes an event.
        system: What is put under test; its store and its queue can be asked once it is prepared.
    """

    seed: int
    cast: Cast
    proxies: Proxies
    live: LiveCounts
    windows: Windows
    ledger: Path
    logs: Path
    scratch: Path
    record: Callable[[Event], None]
    system: System | None = None
    breakables: dict[str, Breakable] = field(default_factory=dict)
    disks: dict[str, Path] = field(default_factory=dict)
    tools: list[RunTool] = field(default_factory=list)


class RunScene:
    """What a probe may look at."""

    def __init__(self, stage: Stage, watching: Watching) -> None:
        self._stage = stage
        self._watching = watching

    @property
    def window_started_ns(self) -> int:
        """When the current window of the load began."""
        return self._stage.windows.started_ns

    def completions_between(self, start_ns: int, end_ns: int) -> int:
        """Successes acknowledged in this time."""
        self._stage.live.refresh()
        return self._stage.live.completions_between(start_ns, end_ns)

    def queue_depth(self) -> int:
        """Jobs acknowledged and not known to be finished, by the ledger."""
        self._stage.live.refresh()
        return self._stage.live.unsettled_jobs

    def latencies_between(self, start_ns: int, end_ns: int) -> Sequence[float]:
        """How long the jobs took that were completed in this time, in seconds."""
        self._stage.live.refresh()
        return self._stage.live.latencies_between(start_ns, end_ns)

    async def queue_depth_by_system(self) -> int | None:
        """Jobs that the system itself has as not terminal; None if it does not answer."""
        assert self._stage.system is not None
        queue = QueueClient(self._stage.system.addresses[0])
        try:
            return await queue.depth()
        finally:
            await queue.close()

    async def is_ready(self, component: str) -> bool:
        """Whether a component answers as it should, asked now."""
        return await self._stage.breakables[component].answers()

    def address(self, component: str) -> str | None:
        """`host:port` that a component serves at, past every proxy; None if it serves nobody."""
        return self._stage.breakables[component].address

    def process(self, component: str) -> Process:
        """The process of a component's current or last start."""
        return self._stage.breakables[component].process

    def store(self) -> Store | None:
        """The system's store; None if it can't be asked."""
        system = self._stage.system
        return system.store() if isinstance(system, KeepsStore) else None

    def usage(self, component: str) -> ResourceSample | None:
        """What a component used when it was sampled last."""
        return self._watching.sampler.latest(component)

    def log_lines(self, component: str, rule: str) -> int:
        """How many lines of a kind a component has logged in this window."""
        return self._watching.logs.lines_in_window(component, rule)


class FaultScene:
    """What one injection of a fault may touch and see.

    Args:
        stage: What there is.
        name: What this injection is called: `kill#2`.
        fault: What the fault is called, whose draws these are: `kill`.
        number: Which injection of the fault this is, from 1.
        targets: The components chosen for it.
    """

    def __init__(self, stage: Stage, *, name: str, fault: str, number: int, targets: tuple[str, ...]) -> None:
        self.name = name
        self.targets = targets
        self.injected_ns = now_ns()
        self._stage = stage
        self._fault = fault
        self._number = number

    @property
    def cast(self) -> Cast:
        """Who takes part in the run."""
        return self._stage.cast

    @property
    def scratch(self) -> Path:
        """A directory for what tools write; it is removed when the run ends."""
        return self._stage.scratch

    def component(self, name: str) -> Breakable:
        """A component of the run, by name."""
        return self._stage.breakables[name]

    def link(self, client: str, server: str) -> Link:
        """A link through a proxy."""
        return self._stage.proxies.link(client, server, self.name)

    def disk(self, component: str) -> Path:
        """Where a component's own file system can be reached from outside."""
        return self._stage.disks[component]

    async def start_tool(self, name: str, command: Sequence[str]) -> RunTool:
        """Run a program beside the system; it is ended with the run.

        Raises:
            StartFailedError: It can't be started.
        """
        component = Component(f"{TOOL_PREFIX}{name}", self._stage.record)
        tool = RunTool(component)
        self._stage.tools.append(tool)
        await component.start(tuple(command), log_path=self._stage.logs / f"tool-{name}.log")
        return tool

    def in_flight(self, components: Iterable[str] | None = None) -> InFlight:
        """What the ledger says is under way at this moment."""
        self._stage.live.refresh()
        return self._stage.live.in_flight(components)

    def calls(self, components: Iterable[str], start_ns: int, end_ns: int) -> Calls:
        """What the calls of these components of the load saw between two moments."""
        return calls_between(self._stage.ledger, tuple(components), start_ns, end_ns)

    def draw(self, purpose: str, *numbers: int) -> float:
        """A number in [0, 1) that the run's seed, the fault's name and these decide."""
        return draw(self._stage.seed, f"{self._fault}/{purpose}", self._number, *numbers)


def rank_of(seed: int, fault: str, number: int) -> Callable[[str], float]:
    """How the components are ranked when some of a group are chosen for an injection of a fault."""
    return lambda component: draw(seed, f"{fault}/target/{component}", number)
