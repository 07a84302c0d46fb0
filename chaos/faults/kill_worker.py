"""`kill-worker`: kill workers while they have jobs in hand, and start them again after a while, or never."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from chaos.experiment.targets import Cast, Target, TargetText
from chaos.faults.exposure import until_busy
from chaos.faults.kill import Kill, KillSpec
from chaos.faults.protocol import Evidence, Scene


class KillWorkerSpec(KillSpec):
    """Kills workers that have jobs in hand, and starts them again."""

    target: TargetText = Field(
        Target("workers", count=1),
        description="which workers",
        examples=["one of workers", "50% of workers", "worker-2"],
    )


class KillWorker(Kill):
    """Kills workers. What they had in hand can only be finished if the queue hands it to somebody else."""

    spec_model = KillWorkerSpec
    family = "workers"
    summary = "kill workers while they have jobs in hand; start them again after a while, or never"
    evidence = "the signal that the kernel reports for each, and the jobs that they had in hand"
    example: ClassVar[str] = """\
fault: kill-worker
target: one of workers
at: 40% of jobs
restart-after: 1s
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {
        "target": ("one of workers", "50% of workers", "workers"),
        "restart-after": ("0s", "200ms", "1s"),
    }

    def problems(self, cast: Cast) -> list[str]:
        """As for `kill`; or somebody who is no worker."""
        return super().problems(cast) or no_workers(self.choose(cast, lambda _: 0.0), cast)

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What the workers had in hand, or had not been told to be acknowledged, is to be handed out again."""
        return {"redelivered": evidence["executions_in_flight"] + evidence["acks_in_flight"]}

    async def inject(self, scene: Scene) -> None:
        """Wait until each has a job in hand, then kill them all."""
        await asyncio.gather(*(until_busy(scene, [name]) for name in scene.targets))
        await super().inject(scene)


def no_workers(chosen: tuple[str, ...], cast: Cast) -> list[str]:
    """Those of them who are no workers, a line each."""
    return [
        f"{name} is no worker; use `kill` or `crash-loop`"
        for name in chosen
        if name not in cast.groups.get("workers", ())
    ]
