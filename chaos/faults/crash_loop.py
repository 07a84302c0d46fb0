"""`crash-loop`: kill the processes of components again and again, each time shortly after they are ready again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from chaos.experiment.model import TargetedSpec
from chaos.experiment.units import Duration
from chaos.faults.endings import bring_each_back, end_each, how_each_went, missing_signals, must_have_died_of
from chaos.faults.exposure import could_get_stuck, under_way
from chaos.faults.protocol import DidNotComeBack, Evidence, Fault, Scene
from chaos.parts.missing import Missing
from chaos.processes.signalling import KILL


class CrashLoopSpec(TargetedSpec):
    """Kills the processes of components several times, with a gap in which they are up."""

    crashes: Annotated[int, Field(ge=2, le=1000)] = Field(3, description="how often they are killed")
    gap_s: Duration = Field(
        0.5, alias="gap", description="how long they are ready before they are killed again"
    )

    @property
    def lasts_s(self) -> float:
        """The gaps; the starts between them come to that, and nobody knows how long they take."""
        return round((self.crashes - 1) * self.gap_s, 9)


class CrashLoop(Fault[CrashLoopSpec]):
    """Kills processes again and again. The kernel's report of each crash, and what was under way, is the evidence."""

    spec_model = CrashLoopSpec
    family = "process"
    summary = "kill the processes of components several times, each time shortly after they are ready again"
    evidence = "the signal that the kernel reports for each crash, and what was under way at that moment"
    example: ClassVar[str] = """\
fault: crash-loop
target: core
at: 30% of jobs
crashes: 3
gap: 500ms
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {
        "target": ("core", "one of workers", "50% of workers"),
        "crashes": ("2", "3"),
        "gap": ("0s", "100ms", "300ms"),
    }

    def __init__(self, spec: CrashLoopSpec) -> None:
        super().__init__(spec)
        self._crashes: list[Evidence] = []
        self._did_not_come_back: DidNotComeBack | None = None

    @classmethod
    def missing(cls) -> list[Missing]:
        """Signals that end processes."""
        return missing_signals()

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What was with workers, or on its way back from them, at any of the crashes, could have got stuck."""
        each = [could_get_stuck(crash) for crash in evidence.get("each_crash", [evidence])]
        return {finding: sum(crash[finding] for crash in each) for finding in each[0]}

    async def inject(self, scene: Scene) -> None:
        """Kill them for the first time."""
        await self._crash(scene)

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """The first crash."""
        return self._crashes[0]

    async def sustain(self, scene: Scene) -> None:
        """The other crashes, each once all are ready again and the gap is over."""
        while len(self._crashes) < self.spec.crashes:
            try:
                await bring_each_back(scene, scene.targets)
            except DidNotComeBack as error:
                self._did_not_come_back = error
                return
            await asyncio.sleep(self.spec.gap_s)
            await self._crash(scene)

    async def revert(self, scene: Scene) -> Evidence:
        """Start the processes again and wait until they answer; tell of every crash."""
        back_after_ms = await bring_each_back(scene, scene.targets)
        if self._did_not_come_back is not None:
            raise self._did_not_come_back
        return {"crashes": len(self._crashes), "each_crash": self._crashes, "back_after_ms": back_after_ms}

    async def _crash(self, scene: Scene) -> None:
        before = under_way(scene)
        gone = await end_each(scene, scene.targets, KILL)
        must_have_died_of("SIGKILL", gone)
        self._crashes.append({**how_each_went(gone), **before})
