"""`partition`: connections stay up, and nothing that is sent over them arrives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from chaos.faults.network import NetworkSpec, ToxicFault, cut_off
from chaos.faults.protocol import Evidence, Link, RoundTrip, Scene
from chaos.faults.signs import RoundTrips, Sign

_SILENCE_S: Final = 0.5
_LEAST_SILENCE_S: Final = 0.1
"""How long an answer is waited for that should not come: less under a short partition, but not less than this."""


class PartitionSpec(NetworkSpec):
    """Drops what is sent, in one direction or both."""


class Partition(ToxicFault[PartitionSpec]):
    """A black hole: both ends believe that they are connected. Connections end when it does."""

    spec_model = PartitionSpec
    toxic = "timeout"
    summary = "a black hole: connections stay up, and what is sent in one direction or both is dropped"
    evidence = "a request through each proxy, answered before and not answered during"
    example: ClassVar[str] = """\
fault: partition
between: [50% of workers, core]
at: 30% of jobs
for: 1500ms
"""
    variety: ClassVar = {"direction": ("both", "upstream", "downstream")}

    def attributes(self) -> Mapping[str, int]:
        """No time limit: data is dropped until the toxic is taken away, which ends the connections it held."""
        return {"timeout": 0}

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:  # noqa: ARG002
        """Requests that were answered within a part of the time are not answered any more."""

        lasts_s = self.spec.lasts_s
        silence_s = _SILENCE_S if lasts_s is None else min(_SILENCE_S, max(_LEAST_SILENCE_S, lasts_s / 2))

        async def ask(link: Link) -> RoundTrip:
            return await link.round_trip(silence_s)

        return RoundTrips(links, _is_silent, ask=ask, calm_ms=500 * silence_s)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """Whatever had no answer."""
        return cut_off(evidence)

    def delays_s(self, lasted_s: float) -> float:  # noqa: ARG002
        """None: what is sent is dropped, and never arrives late."""
        return 0.0


def _is_silent(before: RoundTrip, during: RoundTrip) -> bool:
    silent = during.failure is not None and during.failure.startswith("no answer")
    return silent and during.took_ms > 2 * before.took_ms
