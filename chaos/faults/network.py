"""Faults of the network between two sides of a run, each client's connection changed in a proxy of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from pydantic import Field

from chaos.experiment.model import LastingSpec
from chaos.experiment.targets import Cast, NobodyChosen, Rank, Target, TargetText
from chaos.faults.links import Change, LinkFault, Toxic
from chaos.faults.protocol import Evidence, Link, ProxiedLink, Scene


class Direction(StrEnum):
    """Which way of a connection is changed."""

    BOTH = "both"
    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"

    @property
    def streams(self) -> tuple[str, ...]:
        """What Toxiproxy calls each way that is meant."""
        return ("upstream", "downstream") if self is Direction.BOTH else (self.value,)


class BetweenSpec(LastingSpec):
    """A fault of the connections between two sides."""

    aim = "between"

    between: Annotated[
        tuple[TargetText, TargetText],
        Field(
            description="the two sides whose connections are changed, in either order: `[50% of workers, core]`",
            examples=[
                ["workers", "core"],
                ["50% of workers", "core"],
                ["producers", "cores"],
                ["core", "postgres"],
            ],
        ),
    ]


class NetworkSpec(BetweenSpec):
    """A fault of one or both ways of the connections between two sides."""

    direction: Direction = Field(
        Direction.BOTH,
        description="which way is changed: `upstream` from the client to the server, `downstream` back, or `both`",
    )


BetweenT = TypeVar("BetweenT", bound=BetweenSpec)
NetworkT = TypeVar("NetworkT", bound=NetworkSpec)

Pair = tuple[str, str]


class BetweenFault(LinkFault[BetweenT]):
    """A change to connections between two sides."""

    family = "network"

    def preparations(self, cast: Cast) -> Sequence[ProxiedLink]:
        """A proxy for every connection between the sides, also where only a part of them is changed."""
        sides = [Target(target.of) for target in self.spec.between]
        return [ProxiedLink(*pair) for pair in _chosen(cast, sides, lambda _: 0.0)]

    def choose(self, cast: Cast, rank: Rank) -> tuple[str, ...]:
        """Both ends of the connections that are changed."""
        pairs = _chosen(cast, self.spec.between, rank)
        ends = {end for pair in pairs for end in pair}
        return tuple(name for name in cast.names if name in ends)

    def links(self, scene: Scene) -> Sequence[Link]:
        """The connections between the chosen components of the two sides."""
        first, second = (
            set(scene.cast.members(target.of)) & set(scene.targets) for target in self.spec.between
        )
        return [scene.link(*pair) for pair in _between(scene.cast, first, second)]


class ToxicFault(BetweenFault[NetworkT]):
    """A toxic in the proxy of every connection that is changed.

    Attributes:
        toxic: What Toxiproxy calls it.
    """

    toxic: ClassVar[str]

    @abstractmethod
    def attributes(self) -> Mapping[str, int]:
        """What Toxiproxy takes for it."""

    def change(self) -> Change:
        """The toxic, in each direction that is meant."""
        return Toxic(self.toxic, self.spec.direction.streams, self.attributes())


def cut_off(evidence: Evidence) -> Mapping[str, int]:
    """The opportunities of a fault that loses answers: executions whose acks it kept back.

    A producer's call takes a millisecond or two. Whether one was under way is luck, so none is asked for.
    """
    if "executions_in_flight" not in evidence:
        return {}
    unanswered = evidence.get("calls_unanswered_during", 0)
    return {"redelivered": evidence["executions_in_flight"] + evidence["acks_in_flight"] + unanswered}


def milliseconds(seconds: float) -> int:
    """A time as Toxiproxy takes it: whole milliseconds, and not none at all where some time is meant."""
    return max(1, round(1000 * seconds)) if seconds else 0


def _chosen(cast: Cast, sides: Sequence[Target], rank: Rank) -> list[Pair]:
    """The connections between two sides, of which a part may be chosen.

    The servers are chosen first, and then the clients among those who connect to them.

    Raises:
        NobodyChosen: Nobody connects the two, or there are too few.
    """
    first, second = sides
    pairs = _between(cast, cast.members(first.of), cast.members(second.of))
    if not pairs:
        known = ", ".join(f"{client} to {server}" for client, server in cast.links) or "nobody to anybody"
        raise NobodyChosen(f"nobody connects {first.of} and {second.of}; in this run connect {known}")
    serving, asking = (first, second) if pairs[0][1] in cast.members(first.of) else (second, first)
    servers = _part(cast, serving, {server for _, server in pairs}, rank)
    pairs = [pair for pair in pairs if pair[1] in servers]
    clients = _part(cast, asking, {client for client, _ in pairs}, rank)
    return [pair for pair in pairs if pair[0] in clients]


def _part(cast: Cast, target: Target, connected: set[str], rank: Rank) -> tuple[str, ...]:
    """The part of a side that is meant, among its members that have a connection to change."""
    members = tuple(name for name in cast.members(target.of) if name in connected)
    return target.choose(Cast({target.of: members}), rank)


def _between(cast: Cast, first: Sequence[str] | set[str], second: Sequence[str] | set[str]) -> list[Pair]:
    """The connections whose one end is in the one side and whose other end is in the other."""
    return [
        (client, server)
        for client, server in cast.links
        if (client in first and server in second) or (client in second and server in first)
    ]
