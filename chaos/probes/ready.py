"""`ready`: does a component answer as it should?"""

from __future__ import annotations

from pydantic import Field

from chaos.experiment.answers import TruthSpec
from chaos.probes.protocol import Answer, Probe, ProbeScene


class ReadySpec(TruthSpec):
    """A component answers a real request of its own protocol, or does not."""

    target: str = Field("core", description="the component to ask")


class Ready(Probe[ReadySpec]):
    """Asks a component for a real answer."""

    spec_model = ReadySpec
    summary = "whether a component answers a real request"
    example = "{probe: ready, target: core, equals: true}"

    @property
    def subject(self) -> str:
        """The component."""
        return self.spec.target

    @property
    def name(self) -> str:
        """The hypothesis in words."""
        return self.spec.name or f"{self.spec.target} is {'ready' if self.spec.equals else 'not ready'}"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """True if it answered."""
        return await scene.is_ready(self.spec.target)
