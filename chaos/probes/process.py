"""`process`: is the process of a component there, and does it go on?"""

from __future__ import annotations

from typing import Literal

import psutil
from pydantic import Field

from chaos.experiment.answers import WordSpec
from chaos.probes.protocol import Answer, Probe, ProbeScene
from chaos.processes.errors import ProcessGoneError

State = Literal["running", "stopped", "down"]


class ProcessSpec(WordSpec[State]):
    """A component's process runs, is stopped (as `pause` does it), or is down."""

    target: str = Field("core", description="the component to look at")


class ProcessState(Probe[ProcessSpec]):
    """Looks at the process itself, and asks it nothing: a process that runs may still not answer (see `ready`)."""

    spec_model = ProcessSpec
    summary = "whether a component's process runs, is stopped, or is down"
    example = "{probe: process, target: worker-1, equals: running}"

    @property
    def subject(self) -> str:
        """The process."""
        return f"process {self.spec.target}"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """Its state now."""
        try:
            process = scene.process(self.spec.target)
            if process.is_gone:
                return "down"
            status = psutil.Process(process.pid).status()
        except (ProcessGoneError, psutil.NoSuchProcess):
            return "down"
        if status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return "down"
        return "stopped" if status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP) else "running"
