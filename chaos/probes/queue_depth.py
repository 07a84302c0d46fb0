"""`queue-depth`: how many jobs does the queue have to do?"""

from __future__ import annotations

from chaos.experiment.answers import Count, NumberSpec
from chaos.probes.protocol import Answer, Probe, ProbeScene


class QueueDepthSpec(NumberSpec[Count]):
    """Jobs whose enqueue was acknowledged and that are not yet known to be finished, by the ledger."""


class QueueDepth(Probe[QueueDepthSpec]):
    """Counts in the ledger what was taken in and not yet done: waiting, executing, and due for a retry."""

    spec_model = QueueDepthSpec
    summary = "jobs acknowledged and not yet known to be finished"

    @property
    def subject(self) -> str:
        """The queue's depth."""
        return "queue depth"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The jobs not finished now."""
        return float(scene.queue_depth())
