"""`queue-depth`: how many jobs does the queue have to do?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from chaos.experiment.model import HypothesisSpec
from chaos.probes.protocol import Answer, Probe, ProbeScene

_Count = Annotated[int, Field(ge=0)]


class QueueDepthSpec(HypothesisSpec):
    """Jobs whose enqueue was acknowledged and that are not yet known to be finished, by the ledger."""

    at_least: _Count | None = Field(None, description="fewest jobs that are well")
    at_most: _Count | None = Field(None, description="most jobs that are well")


class QueueDepth(Probe[QueueDepthSpec]):
    """Counts in the ledger what was taken in and not yet done: waiting, executing, and due for a retry."""

    spec_model = QueueDepthSpec
    summary = "jobs acknowledged and not yet known to be finished"

    @property
    def name(self) -> str:
        """The hypothesis in words."""
        if self.spec.name:
            return self.spec.name
        bounds = [
            f"{word} {bound}"
            for word, bound in (("at least", self.spec.at_least), ("at most", self.spec.at_most))
            if bound is not None
        ]
        return f"queue depth {' and '.join(bounds)}"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The jobs not finished now."""
        return float(scene.queue_depth())

    def holds(self, answer: Answer) -> bool:
        """Whether the number lies within the bounds."""
        assert isinstance(answer, float)
        return (self.spec.at_least is None or answer >= self.spec.at_least) and (
            self.spec.at_most is None or answer <= self.spec.at_most
        )

    def worst(self, answers: Sequence[Answer]) -> Answer:
        """The highest number, or the lowest where only a lower bound is set."""
        depths = [float(answer) for answer in answers]
        return min(depths) if self.spec.at_most is None else max(depths)
