"""`slicer`: what is sent arrives in small pieces, with pauses between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from chaos.experiment.units import BYTES, DURATION, Bytes, Duration, wrong
from chaos.faults.links import real_request
from chaos.faults.network import NetworkSpec, ToxicFault
from chaos.faults.protocol import Link, RoundTrip, Scene
from chaos.faults.signs import RoundTrips, Sign

_MOST_OF: Final = 0.8


class SlicerSpec(NetworkSpec):
    """Cuts what is sent into pieces, in one direction or both."""

    size_bytes: Annotated[Bytes, BYTES.within("1B", "64KiB")] = Field(
        alias="size", description="how large the pieces are on average", examples=["32B"]
    )
    variation_bytes: Annotated[Bytes, BYTES.within(most="64KiB")] = Field(
        0, alias="variation", description="how much larger or smaller a piece may be; less than `size`"
    )
    pause_s: Annotated[Duration, DURATION.within("100us", "10s")] = Field(
        0.001, alias="pause", description="how long each piece waits for the one before it"
    )

    @model_validator(mode="after")
    def _pieces_have_a_size(self) -> Self:
        if self.variation_bytes >= self.size_bytes:
            size, variation = BYTES.write(self.size_bytes), BYTES.write(self.variation_bytes)
            raise wrong(f"variation ({variation}) must be less than size ({size}), or a piece could be empty")
        return self


class Slicer(ToxicFault[SlicerSpec]):
    """Sends in small pieces. Round trips take longer by the pauses between the pieces of a request and its answer."""

    spec_model = SlicerSpec
    toxic = "slicer"
    summary = "what is sent arrives in small pieces, with pauses between them"
    evidence = "a round trip through each proxy, before and during: longer by one pause at least"
    example: ClassVar[str] = """\
fault: slicer
between: [workers, core]
size: 48B
variation: 16B
pause: 5ms
at: 30% of jobs
for: 2s
"""
    variety: ClassVar = {"direction": ("both", "upstream", "downstream"), "pause": ("2ms", "5ms", "20ms")}

    def attributes(self) -> Mapping[str, int]:
        """Bytes, and the pause in µs."""
        return {
            "average_size": self.spec.size_bytes,
            "size_variation": self.spec.variation_bytes,
            "delay": round(1e6 * self.spec.pause_s),
        }

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:  # noqa: ARG002
        """Round trips are longer by most of one pause at least."""
        least_ms = _MOST_OF * 1000 * self.spec.pause_s

        def bitten(before: RoundTrip, during: RoundTrip) -> bool:
            return during.failure is None and during.took_ms - before.took_ms >= least_ms

        return RoundTrips(links, bitten, ask=real_request, calm_ms=least_ms)

    def delays_s(self, lasted_s: float) -> float:
        """As long as it lasts: the pauses add up where much is sent, and end with the fault."""
        return lasted_s
