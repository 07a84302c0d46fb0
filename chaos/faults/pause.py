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
from chaos.processes.errors import NotInTimeError, ProcessGoneError
from chaos.processes.identity import ProcessIdentity
from chaos.processes.process import Process
from chaos.processes.suspension import STOPPED, Suspensions, can_suspend


class PauseSpec(TargetedSpec, LastingSpec):
    """Stops the processes of components for some time: they lose nothing, and do nothing."""


class Pause(Fault[PauseSpec]):
    """Stops processes (SIGSTOP … SIGCONT). The state of every one of their threads is the evidence."""

    _suspensions: ClassVar = Suspensions()
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
        self._processes: dict[str, Process] = {}
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
        self._processes = {}
        for name in scene.targets:
            component = scene.component(name)
            if component.is_up:
                process = component.process
                try:
                    identity = ProcessIdentity.of(process.pid)
                except psutil.NoSuchProcess:
                    continue
                self._processes[name] = process
                deeds.append(ContinueProcess.of(name, identity))
        return deeds

    async def inject(self, scene: Scene) -> None:
        """Stop them all at once, and wait until every thread is stopped.

        Raises:
            ProcessGoneError: One is not the process that would be let go on if this run died; none is stopped then.
        """
        for name in scene.targets:
            self._must_be_the_same(scene, name)
        self._under_way = under_way(scene)
        asked_ns = now_ns()
        results = await asyncio.gather(
            *(self._suspensions.stop(process, scene.name) for process in self._processes.values()),
            return_exceptions=True,
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

    async def sustain(self, scene: Scene) -> None:
        """See at the end that they were not let go on meanwhile; those that have ended could not."""
        await super().sustain(scene)
        for name, threads in self._states().items():
            if set(threads) - {STOPPED}:
                raise NotConfirmed(f"{name} did not stay stopped: its threads are {threads}")

    async def revert(self, scene: Scene) -> Evidence:
        """Let them go on, unless another has them stopped, and see that no thread is stopped.

        What is gone by now needs nothing.
        """
        results = await asyncio.gather(
            *(self._suspensions.let_go(process, scene.name) for process in self._processes.values()),
            return_exceptions=True,
        )
        others: dict[str, Sequence[str]] = {}
        for name, result in zip(self._processes, results, strict=True):
            if isinstance(result, NotInTimeError):
                raise NotReverted(str(result)) from result
            if isinstance(result, BaseException):
                raise result
            if result:
                others[name] = result
        still = {"still_stopped_by_another": others} if others else {}
        return {"threads_afterwards": self._states(), **still}

    def _must_be_the_same(self, scene: Scene, name: str) -> None:
        if name not in self._processes:
            raise ProcessGoneError(f"{name} was down shortly before it was to be stopped")
        process = self._processes[name]
        if scene.component(name).process is not process:
            raise ProcessGoneError(
                f"process {process.pid} of {name}, which was to be stopped, was replaced by another just before that"
            )

    def _states(self) -> dict[str, dict[str, int]]:
        return {name: dict(self._suspensions.states(process)) for name, process in self._processes.items()}
