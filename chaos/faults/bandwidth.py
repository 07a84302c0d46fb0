"""`bandwidth`: no more than so many bytes a second get through a connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field, PlainSerializer

from chaos.experiment.units import Quantity
from chaos.faults.links import clients_over, real_request
from chaos.faults.network import NetworkSpec, ToxicFault
from chaos.faults.protocol import Link, RoundTrip, Scene
from chaos.faults.signs import LoadCalls, RoundTrips, Sign
from chaos.ledger.calls import Calls

KILOBYTES_PER_S: Final = Quantity(
    noun="a bandwidth",
    units={"kB/s": Decimal(1), "MB/s": Decimal(1000)},
    base="kB/s",
    written_in=("MB/s", "kB/s"),
    most=10_000_000,
    whole=True,
    hints={"KB/s": "kB/s", "kB": "kB/s", "MB": "MB/s", "KiB/s": "kB/s", "MiB/s": "MB/s"},
)
"""Whole thousands of bytes a second, as Toxiproxy counts them."""

KilobytesPerS = Annotated[
    int,
    BeforeValidator(KILOBYTES_PER_S.validate),
    PlainSerializer(KILOBYTES_PER_S.write, return_type=str),
    KILOBYTES_PER_S.schema("4kB/s", "1.5MB/s"),
]

_REQUEST_BYTES: Final = {"upstream": 150, "downstream": 80}
"""The least that one request to a core and its answer take on a new connection."""
_SHOWN_FROM_MS: Final = 10.0
_MOST_OF: Final = 0.8
_LEAST_CALLS: Final = 5
_SLOWER_BY_MS: Final = 5.0


class BandwidthSpec(NetworkSpec):
    """Lets so many bytes a second through each connection, in each direction that is meant."""

    rate_kilobytes_per_s: Annotated[KilobytesPerS, KILOBYTES_PER_S.within("1kB/s")] = Field(
        alias="rate", description="how much gets through each connection a second", examples=["4kB/s"]
    )


class Bandwidth(ToxicFault[BandwidthSpec]):
    """Lets few bytes through. Where a small request on a new connection shows nothing of it, the load's calls must."""

    spec_model = BandwidthSpec
    toxic = "bandwidth"
    summary = "no more than so many bytes a second get through each connection"
    evidence = (
        "where one request takes 10 ms longer by it: a round trip through each proxy, before and during; else the "
        "calls of each client: three in four took twice as long as the median did before, 5 ms longer, and twice as "
        "long as round trips on connections of their own, which a busy machine would slow down too"
    )
    example: ClassVar[str] = """\
fault: bandwidth
between: [workers, core]
rate: 6kB/s
at: 30% of jobs
for: 2s
"""
    variety: ClassVar = {"rate": ("4kB/s", "8kB/s")}

    def attributes(self) -> Mapping[str, int]:
        """In kB/s."""
        return {"rate": self.spec.rate_kilobytes_per_s}

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:
        """Round trips have become longer by what their bytes take; or calls have become slower."""
        least_ms = (
            sum(_REQUEST_BYTES[way] for way in self.spec.direction.streams) / self.spec.rate_kilobytes_per_s
        )
        cores = scene.cast.groups.get("cores", ())
        if least_ms < _SHOWN_FROM_MS or any(link.server not in cores for link in links):
            return LoadCalls(scene, clients_over(scene, links), slower, ask=real_request, beside=links)

        def bitten(before: RoundTrip, during: RoundTrip) -> bool:
            return during.failure is None and during.took_ms - before.took_ms >= _MOST_OF * least_ms

        return RoundTrips(links, bitten, ask=real_request, calm_ms=least_ms)

    def delays_s(self, lasted_s: float) -> float:
        """As long as it lasts: what does not get through piles up, and arrives once the fault ends at the latest."""
        return lasted_s


def slower(before: Calls, during: Calls, beside_ms: float | None) -> bool | None:
    """Whether even quick calls take twice as long as calls used to; None if there were none on either side.

    A machine that stands still for a moment slows a few calls down; a narrow connection slows them all, and only them.

    Args:
        before: The calls before the change.
        during: Those since.
        beside_ms: How long requests on connections of their own take meanwhile, in ms; None: they are not answered.
    """
    if before.median_ms is None or during.fast_ms is None:
        return None
    if during.answered < _LEAST_CALLS or beside_ms is None:
        return False
    return during.fast_ms >= max(2 * before.median_ms, before.median_ms + _SLOWER_BY_MS, 2 * beside_ms)
