"""`kill`: end the processes of components with a signal, and start them again after a while, or never."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import TargetedSpec
from chaos.experiment.targets import Cast
from chaos.faults.absence import NEVER, Absence, lacking_without
from chaos.faults.exposure import under_way
from chaos.faults.protocol import Breakable, Evidence, Fault, Gone, NotConfirmed, Scene

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

    def __init__(self, spec: KillSpec) -> None:
        super().__init__(spec)
        self._gone: dict[str, Gone] = {}
        self._under_way: Mapping[str, int] = {}

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
        if "executions_in_flight" not in evidence:
            return {}
        return {"stuck": evidence["executions_in_flight"] + evidence["acks_in_flight"]}

    async def inject(self, scene: Scene) -> None:
        """Send the signal to all of them and wait for the end."""
        self._under_way = under_way(scene)
        self._gone = await kill_each(scene, signal.Signals[self.spec.signal])

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """What the kernel reported, and what was under way."""
        for name, gone in self._gone.items():
            if self.spec.signal == "SIGKILL" and gone.status != "SIGKILL":
                raise NotConfirmed(f"{name} ended with {gone.status}, not by the SIGKILL sent to it")
        return {"signal": self.spec.signal, **reports(self._gone), **self._under_way}

    async def revert(self, scene: Scene) -> Evidence:
        """Start the processes again and wait until they answer, unless they are to stay away."""
        if self.keeps_down:
            return {"stay_down": list(scene.targets)}
        return {"back_after_ms": await bring_each_back([scene.component(name) for name in scene.targets])}


async def kill_each(scene: Scene, signal_number: int) -> dict[str, Gone]:
    """End every target at once; how each went.

    Raises:
        ProcessError: One was gone already, or lives on. The others are gone.
    """
    results = await asyncio.gather(
        *(scene.component(name).kill(signal_number) for name in scene.targets), return_exceptions=True
    )
    gone: dict[str, Gone] = {}
    for name, result in zip(scene.targets, results, strict=True):
        if isinstance(result, BaseException):
            raise result
        gone[name] = result
    return gone


def reports(gone: Mapping[str, Gone]) -> Evidence:
    """How each process went: what the kernel reported, and how long after the signal."""
    return {
        "kernel_reported": {name: end.status for name, end in gone.items()},
        "gone_after_ms": {name: _ms_between(end.requested_ns, end.gone_ns) for name, end in gone.items()},
    }


async def bring_each_back(components: Sequence[Breakable]) -> dict[str, float]:
    """Start those that are not up again, all at once; how many ms each took until it answered.

    Raises:
        DidNotComeBack: One exited or stayed silent. The others were waited for.
    """
    missing = [component for component in components if not component.is_up]
    asked_ns = now_ns()
    results = await asyncio.gather(*(_back(component) for component in missing), return_exceptions=True)
    back: dict[str, float] = {}
    for component, result in zip(missing, results, strict=True):
        if isinstance(result, BaseException):
            raise result
        back[component.name] = _ms_between(asked_ns, result)
    return back


async def _back(component: Breakable) -> int:
    await component.bring_back()
    return now_ns()


def _ms_between(start_ns: int, end_ns: int) -> float:
    return round(1000 * seconds_between(start_ns, end_ns), 3)
