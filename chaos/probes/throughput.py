"""`throughput`: how many jobs a second are completed?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chaos.clock import now_ns
from chaos.experiment.answers import NumberSpec
from chaos.experiment.units import DURATION, RATE, Duration, Quantity, Rate
from chaos.probes.protocol import Answer, Probe, ProbeScene


class ThroughputSpec(NumberSpec[Rate]):
    """Jobs whose success was acknowledged, a second, over a sliding time."""

    over_s: Annotated[Duration, DURATION.within("100ms", "1min")] = Field(
        2.0, alias="over", description="the sliding time over which jobs are counted"
    )

    @property
    def quantity(self) -> Quantity:
        """How often."""
        return RATE

    @property
    def needs_s(self) -> float:
        """The sliding time must fit into the window."""
        return self.over_s


class Throughput(Probe[ThroughputSpec]):
    """Counts completions in the ledger. Says nothing until a window is as old as the sliding time."""

    spec_model = ThroughputSpec
    summary = "jobs completed a second, over a sliding time"
    example = "{probe: throughput, at-least: 200/s, over: 3s}"

    @property
    def subject(self) -> str:
        """The rate."""
        return "throughput"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """Completions a second up to now."""
        end_ns = now_ns()
        start_ns = end_ns - int(self.spec.over_s * 1e9)
        if start_ns < scene.window_started_ns:
            return None
        return scene.completions_between(start_ns, end_ns) / self.spec.over_s
