"""`disconnect`: workers or producers are cut off from the cores while they have jobs under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeVar

from pydantic import Field

from chaos.experiment.fault_spec import LastingSpec, TargetedSpec
from chaos.experiment.targets import Cast, NobodyChosen, Target, TargetText
from chaos.faults.exposure import until_busy
from chaos.faults.links import Change, Cut, LinkFault, refusals
from chaos.faults.network import cut_off
from chaos.faults.protocol import Evidence, Link, ProxiedLink, Scene
from chaos.faults.signs import Sign


class CutOffSpec(TargetedSpec, LastingSpec):
    """A fault that cuts processes of the load off from the cores."""


CutOffT = TypeVar("CutOffT", bound=CutOffSpec)


class CutOffFault(LinkFault[CutOffT]):
    """Takes the proxies between processes of the load and the cores down."""

    family = "workers"

    def problems(self, cast: Cast) -> list[str]:
        """Nobody of that name; or somebody who is no worker and no producer."""
        try:
            chosen = self.choose(cast, lambda _: 0.0)
        except NobodyChosen as error:
            return [str(error)]
        return [
            f"{name} is no worker and no producer; to cut the connections of a core, use `refuse`"
            for name in chosen
            if name not in cast.load
        ]

    def preparations(self, cast: Cast) -> Sequence[ProxiedLink]:
        """A proxy for every connection of everybody who may be chosen."""
        members = cast.members(self.spec.target.of)
        return [ProxiedLink(client, server) for client, server in cast.links if client in members]

    def links(self, scene: Scene) -> Sequence[Link]:
        """Every connection of the targets."""
        return links_of(scene, scene.targets)

    async def moment(self, scene: Scene) -> None:
        """Wait until one of those who are cut off at once has something under way."""
        await until_busy(scene, [link.client for link in self.first(scene)])

    def change(self) -> Change:
        """The proxy goes down."""
        return Cut()

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:  # noqa: ARG002
        """Connections are refused."""
        return refusals(links)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """Jobs that were with the targets: their acks can't get through, so they may be handed out again."""
        return cut_off(evidence)


class DisconnectSpec(CutOffSpec):
    """Cuts workers off from the cores, for a time or until the load ends."""

    target: TargetText = Field(
        Target("workers", count=1),
        description="who is cut off: a worker, a producer, or some of them",
        examples=["one of workers", "50% of workers", "producer-1"],
    )


class Disconnect(CutOffFault[DisconnectSpec]):
    """Cuts the connections of workers that are executing jobs; they go on executing, and can't say so."""

    spec_model = DisconnectSpec
    summary = "workers are cut off from the cores while they execute jobs, and come back after a time or not"
    evidence = "what each target had under way when it was cut, and its new connections, which are refused"
    example: ClassVar[str] = """\
fault: disconnect
target: one of workers
at: 30% of jobs
for: 1s
"""
    variety: ClassVar = {"target": ("one of workers", "50% of workers", "workers", "producers")}


def links_of(scene: Scene, clients: Sequence[str]) -> list[Link]:
    """Every connection of these clients."""
    return [scene.link(client, server) for client, server in scene.cast.links if client in clients]
