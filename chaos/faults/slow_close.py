"""`slow-close`: the end of a connection arrives late."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final

from pydantic import Field

from chaos.clock import now_ns
from chaos.experiment.units import DURATION, Duration
from chaos.faults.network import NetworkSpec, ToxicFault, milliseconds
from chaos.faults.protocol import Link, RoundTrip, Scene
from chaos.faults.signs import RoundTrips, Sign

_MOST_OF: Final = 0.8
_BLOCK_BYTES: Final = 65_536


class SlowCloseSpec(NetworkSpec):
    """Keeps the end of a connection back, in one direction or both."""

    close_delay_s: Annotated[Duration, DURATION.within("10ms", "1min")] = Field(
        alias="close-delay", description="how much later the end of a connection arrives", examples=["500ms"]
    )


class SlowClose(ToxicFault[SlowCloseSpec]):
    """One side has closed, and the other does not learn it for a while. A connection closed on purpose shows it.

    Whatever protocol is spoken: the fault connects, closes its own half, and times the end of the other half.
    """

    spec_model = SlowCloseSpec
    toxic = "slow_close"
    summary = "a connection that one side closes stays open for the other for a while"
    evidence = "a connection through each proxy, closed on purpose: how long its end took, before and during"
    example: ClassVar[str] = """\
fault: slow-close
between: [workers, core]
close-delay: 500ms
at: 30% of jobs
for: 2s
"""
    variety: ClassVar = {"direction": ("both", "upstream", "downstream")}

    def attributes(self) -> Mapping[str, int]:
        """In ms."""
        return {"delay": milliseconds(self.spec.close_delay_s)}

    def sign(self, scene: Scene, links: Sequence[Link]) -> Sign:  # noqa: ARG002
        """Closing takes longer by most of the delay, once for each direction."""
        delay_s = len(self.spec.direction.streams) * self.spec.close_delay_s

        def bitten(before: RoundTrip, during: RoundTrip) -> bool:
            return during.failure is None and during.took_ms - before.took_ms >= _MOST_OF * 1000 * delay_s

        async def ask(link: Link) -> RoundTrip:
            return await closing(link, 2.0 + delay_s)

        return RoundTrips(links, bitten, ask=ask, calm_ms=500 * delay_s)


async def closing(link: Link, timeout_s: float) -> RoundTrip:
    """Connect through the proxy, close the sending half, and time the end of the other half."""
    host, _, port = link.address.rpartition(":")
    start_ns = now_ns()
    failure: str | None = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write_eof()
                while await reader.read(_BLOCK_BYTES):
                    pass
            finally:
                writer.transport.abort()
    except TimeoutError:
        failure = f"not closed within {timeout_s:g} s"
    except OSError as error:
        failure = str(error)
    return RoundTrip((now_ns() - start_ns) / 1e6, failure)
