"""Noticing that nothing is completed any more while jobs wait, and what each component is doing then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chaos.clock import seconds_between
from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    ComponentUp,
    Event,
    FaultRequested,
    FaultReverted,
    PhaseEntered,
    SilenceBegan,
    SilenceEnded,
)

_BEGINS = "load:baseline"
_ENDS = ("check", "stop")


@dataclass(frozen=True)
class Activity:
    """How the queue is doing, as the ledger says.

    Attributes:
        last_completion_ns: When a worker was last told that a job is in its final state; 0 if none was.
        waiting: Jobs acknowledged, not finished, and not being executed.
        executing: Executions under way.
    """

    last_completion_ns: int
    waiting: int
    executing: int


class SilenceWatch:
    """Tells when a silence begins and when it ends. It is asked about once a second, while there is load and drain.

    Args:
        after_s: How long nothing may be completed, while jobs wait.
        activity: How the queue is doing.
        cpu_s: The time that each component which is up has spent on a CPU so far.
        condition: What else is to be told of a component: the state of its process, the last line that it logged.
    """

    def __init__(
        self,
        after_s: float,
        activity: Callable[[], Activity],
        cpu_s: Callable[[], Mapping[str, float]],
        condition: Callable[[str], Sequence[str]],
    ) -> None:
        self._after_s = after_s
        self._activity = activity
        self._cpu_s = cpu_s
        self._condition = condition
        self._watching_since_ns: int | None = None
        self._heard_ns = 0
        self._silent_since_ns: int | None = None
        self._cpu_when_heard: Mapping[str, float] = {}
        self._states: dict[str, str] = {}
        self._faults: list[str] = []

    def take(self, event: Event) -> None:
        """Hear of an event of the run: phases, faults, and components, once they were ready for the first time."""
        match event:
            case PhaseEntered(phase=phase) if phase == _BEGINS:
                self._watching_since_ns = event.time_ns
            case PhaseEntered(phase=phase) if phase in _ENDS:
                self._watching_since_ns = None
            case ComponentUp(component=component) if component in self._states:
                self._states[component] = "up, not ready"
            case ComponentReady(component=component):
                self._states[component] = "ready"
            case ComponentDown(component=component) if component in self._states:
                self._states[component] = "down"
            case FaultRequested(fault=fault):
                self._faults.append(fault)
            case FaultReverted(fault=fault) if fault in self._faults:
                self._faults.remove(fault)

    def look(self, time_ns: int) -> SilenceBegan | SilenceEnded | None:
        """What is to be told now, if anything: that a silence has begun, or that it is over."""
        if self._watching_since_ns is None:
            return None
        activity = self._activity()
        completed_ns = max(activity.last_completion_ns, self._watching_since_ns)
        if completed_ns > self._heard_ns or activity.waiting == 0:
            return self._heard(max(completed_ns, time_ns if activity.waiting == 0 else 0))
        if self._silent_since_ns is not None or seconds_between(self._heard_ns, time_ns) < self._after_s:
            return None
        self._silent_since_ns = self._heard_ns
        return SilenceBegan(
            time_ns=time_ns,
            since_ns=self._heard_ns,
            waiting=activity.waiting,
            executing=activity.executing,
            faults=tuple(self._faults),
            doing=tuple(map(self._doing, self._states)),
        )

    def _heard(self, time_ns: int) -> SilenceEnded | None:
        """Something was completed at this time, or nothing waits."""
        since_ns, self._silent_since_ns = self._silent_since_ns, None
        self._heard_ns, self._cpu_when_heard = time_ns, self._cpu_s()
        return None if since_ns is None else SilenceEnded(time_ns=time_ns, since_ns=since_ns)

    def _doing(self, component: str) -> str:
        spent_s = self._cpu_s().get(component)
        since = (
            []
            if spent_s is None
            else [f"CPU {spent_s - self._cpu_when_heard.get(component, 0.0):.2f} s since"]
        )
        return ", ".join([f"{component} {self._states[component]}", *since, *self._condition(component)])
