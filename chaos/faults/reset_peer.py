"""`reset-peer`: connections are reset, as by a peer that has crashed or a firewall that has had enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from chaos.experiment.units import DURATION, Duration
from chaos.faults.links import real_request
from chaos.faults.network import NetworkSpec, ToxicFault, cut_off, milliseconds
from chaos.faults.protocol import Evidence, Link, RoundTrip, Scene
from chaos.faults.signs import RoundTrips, Sign


class ResetPeerSpec(NetworkSpec):
    """Resets connections, some time after each was made."""

    reset_after_s: Annotated[Duration, DURATION.within(most="1min")] = Field(
        0.0,
        alias="reset-after",
        description="how long after it was made a connection is reset; nothing gets through until then",
    )


class ResetPeer(ToxicFault[ResetPeerSpec]):
    """Resets every new connection, and ends those that were there before."""

    spec_model = ResetPeerSpec
    toxic = "reset_peer"
    summary = "new connections are reset (RST), at once or after a while; older ones end"
    evidence = "a request through each proxy, answered before and reset during"
    example: ClassVar[str] = """\
fault: reset-peer
between: [workers, core]
at: 30% of jobs
for: 500ms
"""
    variety: ClassVar = {"direction": ("both", "upstream", "downstream"), "reset-after": ("0s", "100ms")}

    def attributes(self) -> Mapping[str, int]:
        """In ms."""
        return {"timeout": milliseconds(self.spec.reset_after_s)}

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:  # noqa: ARG002
        """Requests end with a reset connection."""

        async def ask(link: Link) -> RoundTrip:
            return await link.round_trip(2.0 + self.spec.reset_after_s)

        return RoundTrips(links, lambda _, during: during.failure == "reset", ask=ask, ask_after=real_request)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """Whatever had no answer."""
        return cut_off(evidence)

    def delays_s(self, lasted_s: float) -> float:
        """What waits in a connection that is yet to be reset when the fault ends arrives then."""
        return min(self.spec.reset_after_s, lasted_s)
