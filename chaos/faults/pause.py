"""`pause`: stop the processes of components, with all that they started, and let them go on after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.experiment.fault_spec import LastingSpec, TargetedSpec
from chaos.faults.exposure import could_get_stuck, under_way
from chaos.faults.protocol import Evidence, Fault, NotConfirmed, NotReverted, Scene
from chaos.guardian.deeds.continue_process import ContinueProcess
from chaos.parts.missing import Missing
from chaos.processes.errors import NotInTimeError
from chaos.processes.identity import ProcessIdentity
from chaos.processes.suspension import STOPPED, Suspension, can_suspend


class PauseSpec(TargetedSpec, LastingSpec):
    """Stops the processes of components for some time: they lose nothing, and do nothing."""


class Pause(Fault[PauseSpec]):
    """Stops processes (SIGSTOP … SIGCONT). The state of every one of their threads is the evidence."""

    spec_model = PauseSpec
    family = "process"
    summary = "stop the processes of components, with all that they started; let them go on after a while"
    evidence = "the state of every thread: all are stopped; after it, none is"
    example: ClassVar[str] = """\
fault: pause
target: core
at: 40% of jobs
for: 1s
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {
        "target": ("core", "one of workers", "50% of workers", "one of producers"),
    }

    def __init__(self, spec: PauseSpec) -> None:
        super().__init__(spec)
        self._suspended: dict[str, Suspension] = {}
        self._under_way: Mapping[str, int] = {}
        self._stopped_after_ms = 0.0

    @classmethod
    def missing(cls) -> list[Missing]:
        """A way to stop a process, which every system that is known has."""
        if can_suspend():
            return []
        mend = "run this experiment on Linux, macOS or Windows"
        return [
            Missing("this operating system can't stop a process and let it go on", "the fault pause", mend)
        ]

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What was with workers, or on its way back from them, could have got stuck."""
        return could_get_stuck(evidence)

    def delays_s(self, lasted_s: float) -> float:
        """A job or an answer may wait as long as somebody on its way is stopped."""
        return lasted_s

    def undo(self, scene: Scene) -> Sequence[ContinueProcess]:
        """Let each go on. One that is down already can't be stopped either."""
        deeds = []
        for name in scene.targets:
            component = scene.component(name)
            if component.is_up:
                try:
                    identity = ProcessIdentity.of(component.process.pid)
                except psutil.NoSuchProcess:
                    continue
                deeds.append(ContinueProcess.of(name, identity))
        return deeds

    async def inject(self, scene: Scene) -> None:
        """Stop them all at once, and wait until every thread is stopped."""
        self._under_way = under_way(scene)
        asked_ns = now_ns()
        self._suspended = {name: Suspension(scene.component(name).process) for name in scene.targets}
        results = await asyncio.gather(
            *(suspension.stop() for suspension in self._suspended.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        self._stopped_after_ms = round(1000 * seconds_between(asked_ns, now_ns()), 3)

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """The state of every thread, looked at once more."""
        states = self._states()
        for name, threads in states.items():
            if set(threads) != {STOPPED}:
                raise NotConfirmed(
                    f"the threads of {name} are not all stopped: {threads or 'there are none'}"
                )
        return {"threads": states, "stopped_after_ms": self._stopped_after_ms, **self._under_way}

    async def revert(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """Let them go on and see that no thread is stopped; what is gone by now needs nothing."""
        results = await asyncio.gather(
            *(suspension.go_on() for suspension in self._suspended.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, NotInTimeError):
                raise NotReverted(str(result)) from result
            if isinstance(result, BaseException):
                raise result
        return {"threads_afterwards": self._states()}

    def _states(self) -> dict[str, dict[str, int]]:
        return {name: dict(suspension.states()) for name, suspension in self._suspended.items()}
