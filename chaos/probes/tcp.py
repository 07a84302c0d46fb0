"""`tcp`: does somebody take connections?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

from chaos.experiment.answers import TruthSpec
from chaos.experiment.endpoints import Endpoint
from chaos.experiment.targets import Cast
from chaos.probes import whom
from chaos.probes.protocol import Answer, Probe, ProbeScene


class TcpSpec(TruthSpec, whom.WhomSpec):
    """A TCP connection is taken within a time, or is not."""


class Tcp(Probe[TcpSpec]):
    """Connects, and hangs up. A process that is stopped still has connections taken, by its kernel."""

    spec_model = TcpSpec
    summary = "whether a component or an address takes a TCP connection"
    example = "{probe: tcp, target: core, within: 500ms}"

    @property
    def subject(self) -> str:
        """Whom it connects to."""
        return f"tcp {self.spec.whom}"

    @property
    def name(self) -> str:
        """The hypothesis in words."""
        does = "takes" if self.spec.equals else "takes no"
        return self.spec.name or f"{self.spec.whom} {does} connections"

    @property
    def within_s(self) -> float:
        """It answers by itself when its time is over."""
        return self.spec.within_s + 1.0

    def problems(self, cast: Cast) -> Iterable[tuple[str, str]]:
        """Whom it can't reach."""
        return whom.problems(self.spec, cast)

    def destinations(self) -> Iterable[tuple[str, Endpoint]]:
        """The address it names."""
        return whom.destinations(self.spec)

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """Whether it is connected in time."""
        host, port = whom.endpoint(self.spec, scene)
        try:
            async with asyncio.timeout(self.spec.within_s):
                _, writer = await asyncio.open_connection(host, port)
        except OSError:  # a TimeoutError is one
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
