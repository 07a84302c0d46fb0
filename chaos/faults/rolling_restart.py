"""`rolling-restart`: restart components one after the other, each once the one before it answers again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from chaos.experiment.model import TargetedSpec
from chaos.experiment.targets import Target, TargetText
from chaos.experiment.units import Duration
from chaos.faults.endings import bring_each_back, end_each, how_each_went
from chaos.faults.exposure import could_get_stuck, under_way
from chaos.faults.protocol import DidNotComeBack, Evidence, Fault, Scene


class RollingRestartSpec(TargetedSpec):
    """Restarts components one after the other, as a new version is rolled out."""

    target: TargetText = Field(
        Target("cores"),
        description="whose processes, in the order of their names",
        examples=["cores", "workers"],
    )
    grace_s: Duration = Field(
        5.0, alias="grace", description="how long each may take to leave after SIGTERM before SIGKILL follows"
    )
    gap_s: Duration = Field(
        0.5, alias="gap", description="how long one has been back before the next is asked to leave"
    )

    @property
    def lasts_s(self) -> float:
        """One gap: how many there are, the cast tells, and how long the starts take, nobody."""
        return self.gap_s


class RollingRestart(Fault[RollingRestartSpec]):
    """Restarts one after the other. How each went, and what was under way with it, is the evidence."""

    spec_model = RollingRestartSpec
    family = "process"
    summary = "restart components one after the other, each once the one before it answers again"
    evidence = "how the kernel says that each ended, and what was under way with it at that moment"
    example: ClassVar[str] = """\
fault: rolling-restart
target: cores
at: 30% of jobs
gap: 500ms
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {
        "target": ("cores", "workers"),
        "grace": ("0s", "5s"),
        "gap": ("0s", "300ms"),
    }

    def __init__(self, spec: RollingRestartSpec) -> None:
        super().__init__(spec)
        self._restarts: list[Evidence] = []
        self._did_not_come_back: DidNotComeBack | None = None

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What was with the workers concerned, or on its way back from them, at any of the restarts."""
        each = [could_get_stuck(restart) for restart in evidence.get("each_restart", [evidence])]
        return {finding: sum(restart[finding] for restart in each) for finding in each[0]}

    async def inject(self, scene: Scene) -> None:
        """Ask the first to leave, and wait until it is gone."""
        await self._end(scene, scene.targets[0])

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """How the first went."""
        return self._restarts[0]

    async def sustain(self, scene: Scene) -> None:
        """Bring each back, and ask the next to leave once the gap is over."""
        for back, leaving in zip(scene.targets, scene.targets[1:], strict=False):
            try:
                await bring_each_back(scene, [back])
            except DidNotComeBack as error:  # nobody rolls on over one that is down
                self._did_not_come_back = error
                return
            await asyncio.sleep(self.spec.gap_s)
            await self._end(scene, leaving)

    async def revert(self, scene: Scene) -> Evidence:
        """Start those again that are not back yet, and wait until they answer; tell of every restart."""
        back_after_ms = await bring_each_back(scene, scene.targets)
        if self._did_not_come_back is not None:
            raise self._did_not_come_back
        return {
            "restarts": len(self._restarts),
            "each_restart": self._restarts,
            "back_after_ms": back_after_ms,
        }

    async def _end(self, scene: Scene, name: str) -> None:
        before = under_way(scene, [name])
        gone = await end_each(scene, [name], signal.SIGTERM, force_after_s=self.spec.grace_s)
        self._restarts.append({**how_each_went(gone), **before})
