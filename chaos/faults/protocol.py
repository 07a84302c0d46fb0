"""What a fault is: one change made to a running system, proven to have bitten, and undone.

A fault is a class in a file of its own. The runner makes one instance for each time that it is injected, and takes it
through these steps, each at most once:

    undo      how it is undone is written to the disk, before anything is changed
    inject    the change is made
    confirm   it is seen to have bitten: the evidence
    sustain   it is on, until its time is over or the load ends
    revert    it is undone, and seen to be undone

The runner records each step and its time; a fault only acts, and tells what it saw.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import FaultSpec, TargetedSpec
from chaos.experiment.targets import Cast, NobodyChosen, Rank
from chaos.guardian.deed import Deed
from chaos.ledger.calls import Calls
from chaos.parts.missing import Missing
from chaos.processes.process import Process
from chaos.proxies.round_trip import RoundTrip as RoundTrip  # faults know it from here

Evidence = Mapping[str, Any]
SpecT_co = TypeVar("SpecT_co", bound=FaultSpec, covariant=True)


class NotConfirmed(Exception):
    """A fault was injected, but nothing shows that it bit; the message says what was looked at."""


class NotReverted(Exception):
    """A fault was undone as it should be, but is still seen; the message says what was looked at."""


class DidNotComeBack(Exception):
    """A fault was undone, but the component it broke did not come back; the message has its last words.

    Attributes:
        component: Which one.
    """

    def __init__(self, component: str, last_words: str) -> None:
        super().__init__(f"{component} did not come back after the fault: {last_words}")
        self.component = component


@dataclass(frozen=True)
class ProxiedLink:
    """Asks for a proxy of its own between a client and a server, from the start of the run."""

    client: str
    server: str


@dataclass(frozen=True)
class OwnDisk:
    """Asks that a component keeps its data on a small file system that this run makes for it."""

    component: str
    size_bytes: int


Preparation = ProxiedLink | OwnDisk


@dataclass(frozen=True)
class Gone:
    """How a process went: when that was asked for, when it was seen to be gone, and what the kernel reported."""

    requested_ns: int
    gone_ns: int
    status: str


@dataclass(frozen=True)
class InFlight:
    """What was under way at a moment: enqueues without an answer, executions not finished, acks without an answer."""

    enqueues: int
    executions: int
    acks: int


class Breakable(Protocol):
    """A component as a fault sees it: a system's, or a worker or producer of the load."""

    @property
    def name(self) -> str: ...

    @property
    def is_up(self) -> bool:
        """Whether its process runs and has answered."""
        ...

    @property
    def process(self) -> Process:
        """The process of its current or last start."""
        ...

    @property
    def address(self) -> str | None:
        """`host:port` that it serves at itself, past every proxy; None if it serves nobody."""
        ...

    async def kill(self, signal_number: int, *, force_after_s: float | None = None) -> Gone:
        """Send a signal that ends the process, and wait until the kernel says that it is gone.

        Args:
            signal_number: The signal.
            force_after_s: How long the process may take before SIGKILL follows; None: no force.

        Raises:
            ProcessError: It was gone already, or lives on.
        """
        ...

    async def bring_back(self) -> None:
        """Start the process again, if it is not up, and wait until it answers.

        Raises:
            DidNotComeBack: It exited or stayed silent.
        """
        ...

    async def answers(self) -> bool:
        """Whether it answers as it should, asked now, past every proxy. Always true of what serves nobody."""
        ...


class Link(Protocol):
    """The connection of one client to one server, through a proxy of its own."""

    @property
    def client(self) -> str: ...

    @property
    def server(self) -> str: ...

    @property
    def address(self) -> str:
        """`host:port` of the proxy, where the client connects."""
        ...

    async def add_toxic(self, kind: str, stream: str, attributes: Mapping[str, int]) -> None:
        """Add a toxic of this kind to one direction (`upstream` or `downstream`), for every connection.

        Raises:
            ProxyError: The server refused or did not answer.
        """
        ...

    async def remove_toxics(self) -> None:
        """Take every toxic that was added through this link away. Harmless if there is none."""
        ...

    async def cut(self) -> None:
        """Take the proxy down: all its connections end, new ones are refused."""
        ...

    async def mend(self) -> None:
        """Take the proxy up again. Harmless if it is up."""
        ...

    async def round_trip(self, timeout_s: float = 2.0) -> RoundTrip:
        """One real request to the server through the proxy, over a new connection."""
        ...

    async def changes_by_others(self) -> Sequence[str]:
        """What other injections do to it now: the names of their toxics, and `cut` if they have its proxy down.

        Raises:
            ProxyError: What this injection did is still there; or the server refused or did not answer.
        """
        ...

    def undo_toxics(self) -> Deed:
        """The deed that takes every toxic of this link away."""
        ...

    def undo_cut(self) -> Deed:
        """The deed that takes the proxy up again."""
        ...


class Tool(Protocol):
    """A program that a fault runs beside the system: stress-ng."""

    @property
    def process(self) -> Process: ...

    async def stop(self) -> None:
        """End it and all it started."""
        ...


class Scene(Protocol):
    """What one injection of a fault may touch and see."""

    @property
    def name(self) -> str:
        """What this injection is called: `kill`, `kill#2`."""
        ...

    @property
    def cast(self) -> Cast:
        """Who takes part in the run."""
        ...

    @property
    def injected_ns(self) -> int:
        """When `inject` returned; `sustain` counts from here."""
        ...

    @property
    def targets(self) -> tuple[str, ...]:
        """The components that were chosen for this injection."""
        ...

    @property
    def scratch(self) -> Path:
        """A directory of this run for what a fault's tools write; it is removed when the run ends, however it ends."""
        ...

    def component(self, name: str) -> Breakable:
        """A component of the run, by name."""
        ...

    def link(self, client: str, server: str) -> Link:
        """A link that was asked for by `preparations`."""
        ...

    def disk(self, component: str) -> Path:
        """Where a component's own file system, asked for by `preparations`, can be reached from outside."""
        ...

    async def start_tool(self, name: str, command: Sequence[str]) -> Tool:
        """Run a program beside the system; it is ended with the run, however that ends. Its log is `name`'s.

        Raises:
            StartFailedError: It can't be started.
        """
        ...

    def in_flight(self, components: Iterable[str] | None = None) -> InFlight:
        """What the ledger says is under way at this moment, with these components of the load, or with all."""
        ...

    def calls(self, components: Iterable[str], start_ns: int, end_ns: int) -> Calls:
        """What the calls of these components of the load saw between two moments."""
        ...

    def draw(self, purpose: str, *numbers: int) -> float:
        """A number in [0, 1) that the run's seed, the fault's name and these decide."""
        ...


class Fault(ABC, Generic[SpecT_co]):
    """One change to a running system.

    Attributes:
        spec_model: What may be said of it in an experiment file.
        family: Where `chaos faults` lists it: `process`, `workers`, `network`, `resources`.
        summary: What it does, in one line.
        needs: What it needs of the machine, in one line.
        evidence: What shows that it bit, in one line.
        example: An entry for `faults:`, as YAML, that can be run on the reference system.
        variety: For keys of the example, the values that `chaos explore` may draw for them, as YAML.
        through_proxies: Whether it acts on links through their proxies, so that a Toxiproxy server is needed.
    """

    spec_model: ClassVar[type[FaultSpec]]
    family: ClassVar[str]
    summary: ClassVar[str]
    needs: ClassVar[str] = "nothing but what comes with the toolkit"
    evidence: ClassVar[str]
    example: ClassVar[str]
    variety: ClassVar[Mapping[str, Sequence[str]]] = {}
    through_proxies: ClassVar[bool] = False

    def __init__(self, spec: SpecT_co) -> None:
        self.spec = spec

    @classmethod
    def missing(cls) -> list[Missing]:
        """What this machine lacks to do it, beside what `through_proxies` asks for; empty if nothing.

        Asked before a run, and by `chaos faults`.
        """
        return []

    def problems(self, cast: Cast) -> list[str]:
        """Why this fault can't be done to a run with this cast; empty if it can."""
        try:
            chosen = self.choose(cast, lambda _: 0.0)
        except NobodyChosen as error:
            return [str(error)]
        if self.through_proxies:
            return []
        return [
            f"{name} was there before the run, and only what a run has started is touched; break the way to it "
            f"instead: `between: [cores, {name}]`"
            for name in chosen
            if name in cast.existing
        ]

    def preparations(self, cast: Cast) -> Sequence[Preparation]:  # noqa: ARG002
        """What must be there from the start of the run, so that this fault can be injected."""
        return ()

    def choose(self, cast: Cast, rank: Rank) -> tuple[str, ...]:
        """The components that this injection changes.

        Args:
            cast: Who takes part in the run.
            rank: Draws a number for a component, from the seed.

        Raises:
            NobodyChosen: There is nobody, or there are too few.
        """
        if isinstance(self.spec, TargetedSpec):
            return self.spec.target.choose(cast, rank)
        return ("machine",)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:  # noqa: ARG002
        """The findings that it is meant to provoke, and how often each could have come of it, by its evidence.

        A fault that had no opportunity at all makes the run inconclusive.

        Args:
            evidence: What `confirm` and `revert` told, together.
        """
        return {}

    def delays_s(self, lasted_s: float) -> float:  # noqa: ARG002
        """How much later than without it a job can reach its worker, or an answer the asker, at most.

        An execution's hold is shortened by this where it began under the fault: see docs/checks.md.

        Args:
            lasted_s: How long the fault was on.
        """
        return 0.0

    def reaches(self, targets: Sequence[str], cast: Cast) -> Sequence[str]:
        """The processes of the load whose work it disturbs when it is done to these targets; empty: all of them.

        Targets of the load are disturbed themselves; anything else is in the way of everybody.
        """
        return targets if set(cast.load).issuperset(targets) else ()

    def undo(self, scene: Scene) -> Sequence[Deed]:  # noqa: ARG002
        """What has to be done when the runner dies while this fault is on, in this order.

        Empty where nothing outlives the run's processes, which the guardian ends in any case.
        """
        return ()

    @abstractmethod
    async def inject(self, scene: Scene) -> None:
        """Make the change, and return as soon as it is made."""

    @abstractmethod
    async def confirm(self, scene: Scene) -> Evidence:
        """Show that it bit. May take a while, but not longer than the fault lasts.

        Raises:
            NotConfirmed: Nothing shows it.
        """

    async def sustain(self, scene: Scene) -> None:
        """What goes on while it is on; returns when its time is over. Cancelled when the load ends before that.

        By default nothing goes on, until it has lasted for `spec.lasts_s` since it was injected. A fault that does
        something meanwhile (kills again and again, cuts one after the other) does it here, and returns when it is done.
        """
        if self.spec.lasts_s is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(max(0.0, self.spec.lasts_s - seconds_between(scene.injected_ns, now_ns())))

    @abstractmethod
    async def revert(self, scene: Scene) -> Evidence:
        """Undo the change, see that it is undone, and tell what shows it. Doing it twice does no harm.

        Called also if `inject`, `confirm` or `sustain` failed or was cancelled half-way.

        Raises:
            DidNotComeBack: A component did not come back.
            NotReverted: It is still seen.
        """
