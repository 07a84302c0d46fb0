"""`latency`: whatever is sent over a connection arrives later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final

from pydantic import Field

from chaos.experiment.units import DURATION, Duration
from chaos.faults.links import real_request
from chaos.faults.network import Direction, NetworkSpec, ToxicFault, milliseconds
from chaos.faults.protocol import Link, RoundTrip, Scene
from chaos.faults.signs import RoundTrips, Sign

_MOST_OF: Final = 0.8
"""How much of the expected delay a round trip must show: the one before may have been slow by chance."""


class LatencySpec(NetworkSpec):
    """Delays what is sent, in one direction or both."""

    direction: Direction = Field(
        Direction.DOWNSTREAM,
        description="what is delayed: `upstream` from the client to the server, `downstream` back, or `both`",
    )
    latency_s: Annotated[Duration, DURATION.within("1ms", "1min")] = Field(
        alias="latency", description="how much later everything arrives", examples=["100ms"]
    )
    jitter_s: Annotated[Duration, DURATION.within(most="1min")] = Field(
        0.0, alias="jitter", description="how much more or less than that, at random"
    )


class Latency(ToxicFault[LatencySpec]):
    """Delays everything that is sent. Round trips through the proxies take that much longer."""

    spec_model = LatencySpec
    toxic = "latency"
    summary = "what is sent over a connection arrives later, by a fixed time and some jitter"
    evidence = "a round trip through each proxy, before and during"
    example: ClassVar[str] = """\
fault: latency
between: [workers, core]
latency: 100ms
jitter: 20ms
at: 30% of jobs
for: 2s
"""
    variety: ClassVar = {
        "direction": ("both", "upstream", "downstream"),
        "latency": ("30ms", "100ms", "400ms"),
    }

    def attributes(self) -> Mapping[str, int]:
        """Both in ms."""
        return {"latency": milliseconds(self.spec.latency_s), "jitter": milliseconds(self.spec.jitter_s)}

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:  # noqa: ARG002
        """Round trips are longer by most of the least delay."""
        ways = len(self.spec.direction.streams)
        least_ms = 1000 * ways * max(self.spec.latency_s - self.spec.jitter_s, self.spec.latency_s / 2)
        most_s = ways * (self.spec.latency_s + self.spec.jitter_s)

        def bitten(before: RoundTrip, during: RoundTrip) -> bool:
            return during.failure is None and during.took_ms - before.took_ms >= _MOST_OF * least_ms

        async def ask(link: Link) -> RoundTrip:
            return await link.round_trip(2.0 + most_s)

        return RoundTrips(links, bitten, ask=ask, ask_after=real_request, calm_ms=least_ms / 2)

    def delays_s(self, lasted_s: float) -> float:
        """The longest delay, once for each direction. What waits when the fault ends arrives at once."""
        ways = len(self.spec.direction.streams)
        return min(ways * (self.spec.latency_s + self.spec.jitter_s), lasted_s)
