"""`refuse`: connections end, and new ones are refused, as if nobody listened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from chaos.faults.exposure import until_busy
from chaos.faults.links import Change, Cut, callers_over, refusals
from chaos.faults.network import BetweenFault, BetweenSpec, cut_off
from chaos.faults.protocol import Evidence, Link, Scene
from chaos.faults.signs import Sign


class RefuseSpec(BetweenSpec):
    """Ends connections and refuses new ones. It has no direction: a connection is there or not."""


class Refuse(BetweenFault[RefuseSpec]):
    """Takes the proxies down."""

    spec_model = RefuseSpec
    summary = "connections end, and new ones are refused, as if nobody listened"
    evidence = "a connection through each proxy, answered before and refused during"
    example: ClassVar[str] = """\
fault: refuse
between: [producers, core]
at: 30% of jobs
for: 1s
"""

    async def moment(self, scene: Scene) -> None:
        """Wait until the workers that are cut off, or whose core is, have something under way, if there are any."""
        workers = set(callers_over(scene, self.links(scene))) & set(scene.cast.groups.get("workers", ()))
        if workers:
            await until_busy(scene, sorted(workers))

    def change(self) -> Change:
        """The proxy goes down."""
        return Cut()

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:  # noqa: ARG002
        """Connections are refused."""
        return refusals(links)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """Whatever had no answer."""
        return cut_off(evidence)
