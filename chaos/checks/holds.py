"""When a worker certainly no longer holds its jobs, and when the run was disturbed: from the runner's events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chaos.checks.tally import NEVER, Ints
from chaos.checks.terms import Terms
from chaos.ledger.events import ComponentDown, ComponentUp, Event, FaultRequested, FaultReverted
from chaos.ledger.reader import Ledger


@dataclass(frozen=True)
class Disturbance:
    """A moment at which something was broken, or broke: what, and whose executions it touched."""

    time_ns: int
    components: tuple[str, ...]


class Holds:
    """What ends holds beside their acks and timeouts, for each ledger file.

    Attributes:
        down_ns: When the process of each file was told to die or died, whichever is earlier; NEVER if it didn't.
    """

    def __init__(self, ledger: Ledger, terms: Terms) -> None:
        self._held_ns = terms.held_ns
        self._events = ledger.events
        self._writers = [(file.header.component, file.header.incarnation) for file in ledger.files]
        self._writing_components = {component for component, _ in self._writers}
        self.down_ns = np.array([self._down_ns(*writer) for writer in self._writers], np.int64)
        self._cuts = (
            [self._cuts_of(component) for component, _ in self._writers]
            if terms.hold_ends_with_connection
            else None
        )

    def limits_ns(self, files: Ints, started_ns: Ints) -> Ints:
        """Until when executions of these files, received at these times, held their jobs if nothing was answered."""
        limits = np.minimum(started_ns + self._held_ns, self.down_ns[files])
        if self._cuts is not None:
            for index, (begins, ends) in enumerate(self._cuts):
                mine = np.flatnonzero(files == index)
                at = np.searchsorted(ends, started_ns[mine])
                cut = np.append(begins, NEVER)[at]
                limits[mine] = np.minimum(limits[mine], np.maximum(cut, started_ns[mine]))
        return limits

    def disturbances(self) -> list[Disturbance]:
        """Every fault's beginning, and every process that died unasked."""
        found = []
        for event in self._events:
            if isinstance(event, FaultRequested):
                found.append(Disturbance(event.time_ns, event.targets))
            elif isinstance(event, ComponentDown) and not event.expected:
                found.append(Disturbance(event.time_ns, (event.component,)))
        return found

    def in_flight(self, disturbances: list[Disturbance], in_flight: list[Ints]) -> int:
        """How many executions were under way and touched, summed over the disturbances.

        A disturbed worker touches its own executions, anything else those of all workers that were up.
        """
        total = 0
        for number, disturbance in enumerate(disturbances):
            own = self._writing_components.intersection(disturbance.components)
            elsewhere = len(own) < len(disturbance.components)
            for file, (component, _) in enumerate(self._writers):
                alive = self.down_ns[file] >= disturbance.time_ns
                if alive and (elsewhere or component in own):
                    total += int(in_flight[file][number])
        return total

    def _down_ns(self, component: str, incarnation: int) -> int:
        """The request that killed it, where one was under way; else the end that was seen."""
        up_ns, requested = 0, dict[str, int]()
        for event in self._events:
            match event:
                case ComponentUp() if (event.component, event.incarnation) == (component, incarnation):
                    up_ns = event.time_ns
                case FaultRequested() if component in event.targets:
                    requested[event.fault] = event.time_ns
                case FaultReverted():
                    requested.pop(event.fault, None)
                case ComponentDown() if (event.component, event.incarnation) == (component, incarnation):
                    return max((time for time in requested.values() if time >= up_ns), default=event.time_ns)
                case _:
                    pass
        return int(NEVER)

    def _cuts_of(self, component: str) -> tuple[Ints, Ints]:
        """Spans in which this component's connection may have been lost, apart and in order."""
        spans: list[tuple[int, int]] = []
        open_faults: dict[str, int] = {}
        for event in self._events:
            match event:
                case FaultRequested() if self._reaches(component, event.targets):
                    open_faults[event.fault] = event.time_ns
                case FaultReverted() if event.fault in open_faults:
                    spans.append((open_faults.pop(event.fault), event.time_ns))
                case ComponentDown() if self._reaches(component, (event.component,)):
                    spans.append((event.time_ns, event.time_ns))
                case _:
                    pass
        spans += [(begin, int(NEVER)) for begin in open_faults.values()]
        merged: list[list[int]] = []
        for begin, end in sorted(spans):
            if merged and begin <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([begin, end])
        return (
            np.array([begin for begin, _ in merged], np.int64),
            np.array([end for _, end in merged], np.int64),
        )

    def _reaches(self, component: str, targets: tuple[str, ...]) -> bool:
        return component in targets or not self._writing_components.issuperset(targets)


def active_faults(events: tuple[Event, ...], from_ns: int, to_ns: int) -> tuple[str, ...]:
    """The faults that were on at any time between these two, in the order they began."""
    begun: dict[str, int] = {}
    over: dict[str, int] = {}
    for event in events:
        if isinstance(event, FaultRequested):
            begun.setdefault(event.fault, event.time_ns)
        elif isinstance(event, FaultReverted):
            over[event.fault] = event.time_ns
    return tuple(
        fault for fault, begin in begun.items() if begin <= to_ns and over.get(fault, to_ns) >= from_ns
    )
