"""`restart`: ask the processes of components to leave, end them if they don't, and start them again."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from chaos.experiment.model import TargetedSpec
from chaos.experiment.units import Duration
from chaos.faults.endings import bring_each_back, end_each, how_each_went, missing_signals
from chaos.faults.exposure import could_get_stuck, under_way
from chaos.faults.protocol import Evidence, Fault, Gone, Scene
from chaos.parts.missing import Missing


class RestartSpec(TargetedSpec):
    """Ends the processes of components as an operator would, and starts them again at once."""

    grace_s: Duration = Field(
        5.0, alias="grace", description="how long they may take to leave after SIGTERM before SIGKILL follows"
    )


class Restart(Fault[RestartSpec]):
    """Ends processes gracefully, then by force, and starts them again. How each went is the evidence."""

    spec_model = RestartSpec
    family = "process"
    summary = "ask the processes of components to leave, by force if need be, and start them again"
    evidence = "how the kernel says that each ended, how long that took, and whether force was needed"
    example: ClassVar[str] = """\
fault: restart
target: core
at: 40% of jobs
grace: 5s
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {
        "target": ("core", "one of workers", "50% of workers", "one of producers"),
        "grace": ("0s", "200ms", "5s"),
    }

    def __init__(self, spec: RestartSpec) -> None:
        super().__init__(spec)
        self._gone: dict[str, Gone] = {}
        self._under_way: Mapping[str, int] = {}

    @classmethod
    def missing(cls) -> list[Missing]:
        """Signals that end processes."""
        return missing_signals()

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What was with workers, or on its way back from them, could have got stuck."""
        return could_get_stuck(evidence)

    async def inject(self, scene: Scene) -> None:
        """Ask them all to leave, and wait until they are gone."""
        self._under_way = under_way(scene)
        self._gone = await end_each(scene, scene.targets, signal.SIGTERM, force_after_s=self.spec.grace_s)

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """How each went, and what was under way."""
        by_force = [name for name, end in self._gone.items() if end.status == "SIGKILL"]
        return {**how_each_went(self._gone), "by_force": by_force, **self._under_way}

    async def revert(self, scene: Scene) -> Evidence:
        """Start the processes again and wait until they answer."""
        return {"back_after_ms": await bring_each_back(scene, scene.targets)}
