"""What a fault is: one change made to a running system, proven to have bitten, and undone.

A fault is a class in a file of its own. It is made from its part of the experiment file, asked before the run
whether it can be done, and then taken through `inject`, `confirm` and `revert`, in this order and each at most once.
The runner records each step and its time; a fault only acts, and tells what it saw.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from chaos.experiment.model import FaultSpec

Evidence = Mapping[str, Any]
SpecT_co = TypeVar("SpecT_co", bound=FaultSpec, covariant=True)


class NotConfirmed(Exception):
    """A fault was injected, but nothing shows that it bit; the message says what was looked at."""


class DidNotComeBack(Exception):
    """A fault was undone, but the component it broke did not come back; the message has its last words."""


class Breakable(Protocol):
    """A component as a fault sees it."""

    @property
    def name(self) -> str: ...

    async def kill(self, signal_number: int) -> Gone:
        """Send a signal that ends the process, and wait until the kernel says that it is gone."""
        ...

    async def bring_back(self) -> None:
        """Start the process again and wait until it answers.

        Raises:
            DidNotComeBack: It exited or stayed silent.
        """
        ...


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


class Scene(Protocol):
    """What a fault may touch and see."""

    def component(self, name: str) -> Breakable:
        """A component of the run, by name."""
        ...

    def in_flight(self) -> InFlight:
        """What the ledger says is under way at this moment."""
        ...


class Fault(ABC, Generic[SpecT_co]):
    """One change to a running system.

    Attributes:
        spec_model: What may be said of it in an experiment file.
        summary: What it does, in one line.
        evidence: What shows that it bit, in one line.
    """

    spec_model: ClassVar[type[FaultSpec]]
    summary: ClassVar[str]
    evidence: ClassVar[str]

    def __init__(self, spec: SpecT_co) -> None:
        self.spec = spec

    def problems(self, components: Collection[str]) -> list[str]:
        """Why this fault can't be done to a run with these components, on this machine; empty if it can."""
        if self.spec.target in components:
            return []
        return [f"no component named {self.spec.target!r}; this run has {', '.join(sorted(components))}"]

    @property
    def targets(self) -> tuple[str, ...]:
        """The components it changes."""
        return (self.spec.target,)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:  # noqa: ARG002
        """The findings that it is meant to provoke, and how often each could have come of it, by its evidence.

        A fault that had no opportunity at all makes the run inconclusive.
        """
        return {}

    @abstractmethod
    async def inject(self, scene: Scene) -> None:
        """Make the change."""

    @abstractmethod
    async def confirm(self, scene: Scene) -> Evidence:
        """Show that it bit.

        Raises:
            NotConfirmed: Nothing shows it.
        """

    @abstractmethod
    async def revert(self, scene: Scene) -> None:
        """Undo the change, and see that it is undone. Doing it twice does no harm.

        Raises:
            DidNotComeBack: A component did not come back.
        """
