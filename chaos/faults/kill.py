"""`kill`: end the processes of components with a signal, and start them again after a while, or never."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from chaos.experiment.model import TargetedSpec
from chaos.experiment.targets import Cast
from chaos.faults.absence import NEVER, Absence, lacking_without
from chaos.faults.endings import bring_each_back, end_each, how_each_went, missing_signals, must_have_died_of
from chaos.faults.exposure import could_get_stuck, under_way
from chaos.faults.protocol import Evidence, Fault, Gone, Scene
from chaos.parts.missing import Missing
from chaos.processes.errors import ProcessGoneError
from chaos.processes.process import Process
from chaos.processes.signalling import KILL

_ENDING = (
    "SIGKILL",
    "SIGTERM",
    "SIGINT",
    "SIGQUIT",
    "SIGABRT",
    "SIGHUP",
    "SIGSEGV",
    "SIGBUS",
    "SIGILL",
    "SIGFPE",
)


def _ending_signal(name: str) -> str:
    known = [signal_name for signal_name in _ENDING if signal_name in signal.Signals.__members__]
    if name in known:
        return name
    raise ValueError(f"not a signal that ends a process; use one of {', '.join(known)}")


class KillSpec(TargetedSpec):
    """Ends the processes of components, by a signal, and starts them again."""

    signal: Annotated[str, AfterValidator(_ending_signal)] = Field(
        "SIGKILL", description="name of the signal", examples=["SIGKILL", "SIGTERM"]
    )
    restart_after_s: Absence | None = Field(
        None,
        alias="restart-after",
        description="how long they stay away; without it, until the load has ended; `never`: until the run has ended",
    )

    @property
    def lasts_s(self) -> float | None:
        """Until the restart is due."""
        return None if isinstance(self.restart_after_s, str) else self.restart_after_s


class Kill(Fault[KillSpec]):
    """Ends processes. The kernel's report of how they went, and what was under way then, is the evidence."""

    spec_model = KillSpec
    family = "process"
    summary = "end the processes of components with a signal; start them again after a while, or never"
    evidence = "the signal that the kernel reports for each, and what was under way at that moment"
    example: ClassVar[str] = """\
fault: kill
target: core
signal: SIGKILL
at: 40% of jobs
restart-after: 500ms
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {
        "target": ("core", "one of workers", "50% of workers", "one of producers"),
        "signal": ("SIGKILL", "SIGTERM", "SIGSEGV"),
        "restart-after": ("0s", "200ms", "500ms", "1s"),
    }

    def __init__(self, spec: KillSpec) -> None:
        super().__init__(spec)
        self._gone: dict[str, Gone] = {}
        self._signalled: dict[str, Process] = {}
        self._under_way: Mapping[str, int] = {}

    @classmethod
    def missing(cls) -> list[Missing]:
        """Signals that end processes."""
        return missing_signals()

    @property
    def keeps_down(self) -> bool:
        """Whether its targets are meant to stay down when it is reverted."""
        return self.spec.restart_after_s == NEVER

    def problems(self, cast: Cast) -> list[str]:
        """Nobody of the name; or nobody left, if they never come back."""
        found = super().problems(cast)
        if not found and self.keeps_down:
            found += lacking_without(self.choose(cast, lambda _: 0.0), cast)
        return found

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What was with workers, or on its way back from them, could have got stuck."""
        return could_get_stuck(evidence)

    async def inject(self, scene: Scene) -> None:
        """Send the signal to all of them and wait for the end."""
        self._under_way = under_way(scene)
        self._signalled = {name: scene.component(name).process for name in scene.targets}
        self._gone = await end_each(scene, scene.targets, signal.Signals[self.spec.signal])

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """What the kernel reported, and what was under way."""
        if self.spec.signal == "SIGKILL":
            must_have_died_of("SIGKILL", self._gone)
        return {"signal": self.spec.signal, **how_each_went(self._gone), **self._under_way}

    async def revert(self, scene: Scene) -> Evidence:
        """Start the processes again and wait until they answer, unless they are to stay away.

        One that lives on after the signal is ended by force first: it could end at any later time.
        """
        by_force = await self._end_by_force(scene)
        forced: Evidence = {"by_force": by_force} if by_force else {}
        if self.keeps_down:
            return {"stay_down": list(scene.targets), **forced}
        return {"back_after_ms": await bring_each_back(scene, scene.targets), **forced}

    async def _end_by_force(self, scene: Scene) -> list[str]:
        """End those that were sent the signal and live on; whom."""
        living = [
            name
            for name, process in self._signalled.items()
            if process is scene.component(name).process and not process.is_gone
        ]
        self._signalled = {}
        with contextlib.suppress(ProcessGoneError):  # it has just ended after all
            await end_each(scene, living, KILL)
        return living
