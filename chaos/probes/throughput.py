"""`throughput`: how many jobs a second are completed?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from chaos.clock import now_ns
from chaos.experiment.model import HypothesisSpec
from chaos.experiment.units import DURATION, Duration, Rate
from chaos.probes.protocol import Answer, Probe, ProbeScene


class ThroughputSpec(HypothesisSpec):
    """Jobs whose success was acknowledged, a second, over a sliding time."""

    at_least: Rate | None = Field(None, description="lowest rate that is well")
    at_most: Rate | None = Field(None, description="highest rate that is well")
    over_s: Annotated[Duration, DURATION.within("100ms", "1min")] = Field(
        2.0, alias="over", description="the sliding time over which jobs are counted"
    )

    @property
    def needs_s(self) -> float:
        """The sliding time must fit into the window."""
        return self.over_s


class Throughput(Probe[ThroughputSpec]):
    """Counts completions in the ledger. Says nothing until a window is as old as the sliding time."""

    spec_model = ThroughputSpec
    summary = "jobs completed a second, over a sliding time"

    @property
    def name(self) -> str:
        """The hypothesis in words."""
        if self.spec.name:
            return self.spec.name
        bounds = [
            f"{word} {bound:g}/s"
            for word, bound in (("at least", self.spec.at_least), ("at most", self.spec.at_most))
            if bound is not None
        ]
        return f"throughput {' and '.join(bounds)}"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """Completions a second up to now."""
        end_ns = now_ns()
        start_ns = end_ns - int(self.spec.over_s * 1e9)
        if start_ns < scene.window_started_ns:
            return None
        return scene.completions_between(start_ns, end_ns) / self.spec.over_s

    def holds(self, answer: Answer) -> bool:
        """Whether the rate lies within the bounds."""
        assert isinstance(answer, float)
        return (self.spec.at_least is None or answer >= self.spec.at_least) and (
            self.spec.at_most is None or answer <= self.spec.at_most
        )

    def worst(self, answers: Sequence[Answer]) -> Answer:
        """The lowest rate, or the highest where only an upper bound is set."""
        rates = [float(answer) for answer in answers]
        return max(rates) if self.spec.at_least is None else min(rates)
