"""`churn`: workers come and go at random, by the seed; at least one is always up."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from chaos.clock import now_ns, seconds_between
from chaos.experiment.fault_spec import LastingSpec, TargetedSpec
from chaos.experiment.targets import Cast, Target, TargetText
from chaos.experiment.units import DURATION, Duration
from chaos.faults.endings import bring_each_back, end_each, how_each_went, missing_signals, must_have_died_of
from chaos.faults.exposure import under_way, until_busy
from chaos.faults.kill_worker import no_workers
from chaos.faults.protocol import Evidence, Fault, NotConfirmed, Scene
from chaos.parts.missing import Missing
from chaos.processes.signalling import KILL

_LONGEST_WAIT_IN_PACES = 4.0


class ChurnSpec(TargetedSpec, LastingSpec):
    """Kills workers and starts them again, one after the other, at random."""

    target: TargetText = Field(
        Target("workers"),
        description="which workers come and go; one of them at least is always up",
        examples=["workers", "3 of workers"],
    )
    pace_s: Annotated[Duration, DURATION.within("50ms")] = Field(
        1.0, alias="pace", description="mean time between one coming or going and the next"
    )


class Churn(Fault[ChurnSpec]):
    """Has workers come and go. The kernel's report of each kill, and the jobs in hand at it, are the evidence."""

    spec_model = ChurnSpec
    family = "workers"
    summary = "workers come and go at random, by the seed; at least one is always up"
    evidence = "the signal that the kernel reports for each kill, and the jobs that the worker had in hand"
    example: ClassVar[str] = """\
fault: churn
target: workers
at: 30% of jobs
pace: 500ms
for: 3s
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {"pace": ("200ms", "500ms")}

    def __init__(self, spec: ChurnSpec) -> None:
        super().__init__(spec)
        self._kills: list[Evidence] = []
        self._coming: dict[str, asyncio.Task[Any]] = {}
        self._came_back = 0

    @classmethod
    def missing(cls) -> list[Missing]:
        """Signals that end processes."""
        return missing_signals()

    def problems(self, cast: Cast) -> list[str]:
        """Nobody of the name; somebody who is no worker; or one worker alone, who would have to stay up."""
        found = super().problems(cast)
        if found:
            return found
        chosen = self.choose(cast, lambda _: 0.0)
        if len(chosen) < 2:
            found.append(f"{chosen[0]} alone can't come and go, because one must stay up; choose two or more")
        return no_workers(chosen, cast) or found

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What the workers had in hand, or had not been told to be acknowledged, is to be handed out again."""
        kills = evidence.get("each_kill", [evidence])
        return {"redelivered": sum(kill["executions_in_flight"] + kill["acks_in_flight"] for kill in kills)}

    async def inject(self, scene: Scene) -> None:
        """The first one goes: one of those that have a job in hand, once there are any."""
        up = self._up(scene)
        if len(up) < 2:
            raise NotConfirmed(f"of {', '.join(scene.targets)} only {len(up)} was up, and one has to stay")
        busy = await until_busy(scene, up)
        await self._kill(scene, busy[_index(scene, 1, len(busy))])

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """The first kill."""
        return self._kills[0]

    async def sustain(self, scene: Scene) -> None:
        """The others come and go, until the time is over."""
        for number in itertools.count(2):
            wait_s, left_s = self._wait_s(scene, number), self._left_s(scene)
            await asyncio.sleep(min(wait_s, left_s))
            if wait_s >= left_s:
                return
            await self._come_or_go(scene, scene.targets[_index(scene, number, len(scene.targets))])

    async def revert(self, scene: Scene) -> Evidence:
        """Start all that are down, and wait until they are there; tell of every kill."""
        results = await asyncio.gather(*self._coming.values(), return_exceptions=True)
        self._came_back += len(await bring_each_back(scene, scene.targets))
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return {"kills": len(self._kills), "came_back": self._came_back, "each_kill": self._kills}

    async def _come_or_go(self, scene: Scene, name: str) -> None:
        """This one comes if it is down, or goes if it is up; not if it is on its way, or the last one."""
        coming = self._coming.get(name)
        if coming is not None and (not coming.done() or coming.exception() is not None):
            return
        up = self._up(scene)
        if name not in up:
            self._coming[name] = asyncio.create_task(self._bring_back(scene, name))
        elif len(up) > 1:
            await self._kill(scene, name)

    async def _bring_back(self, scene: Scene, name: str) -> None:
        """A start takes its time, and the others come and go meanwhile."""
        await scene.component(name).bring_back()
        self._came_back += 1

    async def _kill(self, scene: Scene, name: str) -> None:
        before = under_way(scene, [name])
        gone = await end_each(scene, [name], KILL)
        must_have_died_of("SIGKILL", gone)
        self._kills.append({**how_each_went(gone), **before})

    def _up(self, scene: Scene) -> list[str]:
        return [name for name in scene.targets if scene.component(name).is_up]

    def _left_s(self, scene: Scene) -> float:
        """How long it goes on yet."""
        if self.spec.for_s is None:
            return math.inf
        return max(0.0, self.spec.for_s - seconds_between(scene.injected_ns, now_ns()))

    def _wait_s(self, scene: Scene, number: int) -> float:
        """Exponentially distributed, as where each comes and goes for reasons of its own; within reason."""
        waits = -math.log(1.0 - scene.draw("wait", number))
        return self.spec.pace_s * min(waits, _LONGEST_WAIT_IN_PACES)


def _index(scene: Scene, number: int, count: int) -> int:
    """Which one of so many it is whose turn it is."""
    return int(scene.draw("who", number) * count)
