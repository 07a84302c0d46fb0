"""`limit-data`: a connection ends once so many bytes went over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from chaos.experiment.units import BYTES, Bytes
from chaos.faults.links import callers_over, clients_over, real_request
from chaos.faults.network import NetworkSpec, ToxicFault, cut_off
from chaos.faults.protocol import Evidence, Link, Scene
from chaos.faults.signs import LoadCalls, Sign
from chaos.ledger.calls import Calls


class LimitDataSpec(NetworkSpec):
    """Ends each connection after so many bytes, in each direction that is meant."""

    limit_bytes: Annotated[Bytes, BYTES.within("1B")] = Field(
        alias="bytes", description="how much goes over a connection before it ends", examples=["4KiB"]
    )


class LimitData(ToxicFault[LimitDataSpec]):
    """Ends connections after so many bytes. The connections that the load loses show it."""

    spec_model = LimitDataSpec
    toxic = "limit_data"
    summary = "each connection ends once so many bytes went over it"
    evidence = "the connections that each client lost, more a second than before; or, of cores, calls without an answer"
    example: ClassVar[str] = """\
fault: limit-data
between: [workers, core]
direction: downstream
bytes: 4KiB
at: 30% of jobs
for: 2s
"""
    variety: ClassVar = {"direction": ("both", "upstream", "downstream"), "bytes": ("1KiB", "4KiB")}

    def attributes(self) -> Mapping[str, int]:
        """In bytes."""
        return {"bytes": self.spec.limit_bytes}

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:
        """The load lost more connections a second than before; or calls, where the connections are those of a core."""

        by_itself = {link.client for link in links} <= set(callers_over(scene, links))

        def bitten(before: Calls, during: Calls, _: float | None) -> bool | None:
            if not (during.answered or during.unanswered or during.connections_lost):
                return None
            if during.lost_per_s > before.lost_per_s:
                return True
            return not by_itself and during.unanswered_per_s > before.unanswered_per_s

        return LoadCalls(scene, clients_over(scene, links), bitten, ask=real_request)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """Whatever had no answer."""
        return cut_off(evidence)
