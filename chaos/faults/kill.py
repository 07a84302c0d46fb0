"""`kill`: end a component's process with a signal, and start it again after a while."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from chaos.experiment.model import FaultSpec
from chaos.experiment.units import Duration
from chaos.faults.protocol import Evidence, Fault, Gone, InFlight, NotConfirmed, Scene

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


class KillSpec(FaultSpec):
    """Ends the process of a component, by a signal, and starts it again."""

    signal: Annotated[str, AfterValidator(_ending_signal)] = Field(
        "SIGKILL", description="name of the signal", examples=["SIGKILL", "SIGTERM"]
    )
    restart_after_s: Duration | None = Field(
        None,
        alias="restart-after",
        description="how long the process stays away; without it, until the load has ended",
    )

    @property
    def lasts_s(self) -> float | None:
        """Until its restart is due."""
        return self.restart_after_s


class Kill(Fault[KillSpec]):
    """Ends a process. The kernel's report of how it went, and what was under way then, is the evidence."""

    spec_model = KillSpec
    summary = "end a component's process with a signal; start it again after a while"
    evidence = (
        "the signal that the kernel reports as the cause of death, and what was under way at that moment"
    )

    def __init__(self, spec: KillSpec) -> None:
        super().__init__(spec)
        self._gone: Gone | None = None
        self._in_flight: InFlight | None = None

    def opportunities(self, evidence: Evidence) -> Mapping[str, int]:
        """What was with the workers, or on its way back from them, could have got stuck."""
        return {"stuck": evidence["executions_in_flight"] + evidence["acks_in_flight"]}

    async def inject(self, scene: Scene) -> None:
        """Send the signal and wait for the end."""
        self._in_flight = scene.in_flight()
        number = signal.Signals[self.spec.signal]
        self._gone = await scene.component(self.spec.target).kill(number)

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """What the kernel reported, and what was under way."""
        assert self._gone is not None
        assert self._in_flight is not None
        by_signal = self._gone.status == self.spec.signal
        if self.spec.signal == "SIGKILL" and not by_signal:
            raise NotConfirmed(
                f"{self.spec.target} ended with {self._gone.status}, not by the SIGKILL sent to it"
            )
        return {
            "signal": self.spec.signal,
            "kernel_reported": self._gone.status,
            "gone_after_ms": round((self._gone.gone_ns - self._gone.requested_ns) / 1e6, 3),
            "enqueues_in_flight": self._in_flight.enqueues,
            "executions_in_flight": self._in_flight.executions,
            "acks_in_flight": self._in_flight.acks,
        }

    async def revert(self, scene: Scene) -> None:
        """Start the process again and wait until it answers."""
        await scene.component(self.spec.target).bring_back()
