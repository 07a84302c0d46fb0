"""Let a stopped process go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.guardian.deed import Deed
from chaos.processes.identity import ProcessIdentity
from chaos.processes.tree import descendants, resume_each


@dataclass(frozen=True)
class ContinueProcess(Deed):
    """Lets a process that was stopped, and all that it has started, go on.

    Attributes:
        component: What it is called.
        pid: Its number.
        started: When it was started, as `ProcessIdentity` says it.
        boot: The start of the machine that the number belongs to.
    """

    kind: ClassVar[str] = "continue"
    component: str
    pid: int
    started: float
    boot: str

    @classmethod
    def of(cls, component: str, process: ProcessIdentity) -> ContinueProcess:
        """The deed that lets this process go on."""
        return cls(component, process.pid, process.started, process.boot)

    def carry_out(self) -> None:
        """Continue it. One that goes on already, or is gone, stays as it is."""
        process = ProcessIdentity(self.pid, self.started, self.boot).find()
        if process is not None:
            resume_each([process, *descendants(process.pid)])

    def __str__(self) -> str:
        return f"let {self.component} (process {self.pid}) go on"
