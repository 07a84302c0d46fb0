"""`queue-depth`: how many jobs does the queue have to do?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chaos.experiment.answers import Count, NumberSpec
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene


class QueueDepthSpec(NumberSpec[Count]):
    """Jobs taken in and not yet done: waiting, executing, and due for a retry."""

    by: Literal["ledger", "system"] = Field(
        "ledger",
        description="who is asked: the ledger, which knows what this run enqueued and was told; or the system, which "
        "lists its jobs, and is counted up to 10,000",
    )


class QueueDepth(Probe[QueueDepthSpec]):
    """Counts in the ledger, or has the system count."""

    spec_model = QueueDepthSpec
    summary = "jobs acknowledged and not yet known to be finished, by the ledger or by the system"
    example = "{probe: queue-depth, at-most: 500, hold: [baseline, after]}"

    @property
    def subject(self) -> str:
        """The queue's depth."""
        return "queue depth" if self.spec.by == "ledger" else "queue depth by the system"

    @property
    def within_s(self) -> float:
        """A system may need several pages for its list."""
        return 5.0

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The jobs not finished now."""
        if self.spec.by == "ledger":
            return float(scene.queue_depth())
        depth = await scene.queue_depth_by_system()
        if depth is None:
            raise NoAnswer("the system did not answer")
        return float(depth)
