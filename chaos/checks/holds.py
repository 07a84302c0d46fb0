"""When a worker certainly no longer holds its jobs, and when the run was disturbed: from the runner's events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from chaos.checks.tally import NEVER, Ints
from chaos.checks.terms import Terms
from chaos.ledger.events import ComponentDown, Event, FaultRequested, FaultReverted
from chaos.ledger.reader import Ledger

SETTLES_NS: Final = 1_000_000_000
"""How long after a delay is over a job may still come late by it, and how much later than the system a worker may
notice that their connection is lost."""


@dataclass(frozen=True)
class Disturbance:
    """A moment at which something was broken, or broke: what, and whose executions it touched."""

    time_ns: int
    components: tuple[str, ...]


def disturbances_of(events: Sequence[Event]) -> list[Disturbance]:
    """Every fault's beginning, and every process that died unasked."""
    found = []
    for event in events:
        if isinstance(event, FaultRequested):
            found.append(Disturbance(event.time_ns, event.targets))
        elif isinstance(event, ComponentDown) and not event.expected:
            found.append(Disturbance(event.time_ns, (event.component,)))
    return found


class Holds:
    """What ends holds beside their acks and timeouts, for each ledger file.

    Attributes:
        down_ns: When the process of each file was told to die or died, whichever is earlier; NEVER if it didn't.
    """

    def __init__(self, ledger: Ledger, terms: Terms, disconnected_ns: Sequence[Ints]) -> None:
        self._terms = terms
        self._events = ledger.events
        self._writers = [(file.header.component, file.header.incarnation) for file in ledger.files]
        self._writing_components = {component for component, _ in self._writers}
        downs = _downs_ns(ledger.events)
        self.down_ns = np.array([downs.get(writer, NEVER) for writer in self._writers], np.int64)
        self._cuts = (
            [
                self._cuts_of(component, lost_ns)
                for (component, _), lost_ns in zip(self._writers, disconnected_ns, strict=True)
            ]
            if terms.hold_ends_with_connection
            else None
        )

    def delays_ns(self, files: Ints, started_ns: Ints) -> Ints:
        """How much earlier than they were received, at these times, executions of these files may have been handed out.

        Args:
            files: The index of each one's file.
            started_ns: When each was received; within one file in order.
        """
        earlier = np.zeros(len(started_ns), np.int64)
        if not self._terms.delays:
            return earlier
        for file, mine in _by_file(files, len(self._writers)):
            component, times = self._writers[file][0], started_ns[mine]
            for delay in self._terms.delays:
                if delay.reaches(component):
                    first = np.searchsorted(times, delay.begin_ns)
                    after = np.searchsorted(times, delay.end_ns + SETTLES_NS, side="right")
                    since = times[first:after] - delay.begin_ns
                    earlier[mine[first:after]] += np.minimum(since, delay.at_most_ns)
        return earlier

    def limits_ns(self, files: Ints, started_ns: Ints, handed_out_ns: Ints) -> Ints:
        """Until when executions of these files held their jobs if nothing was answered.

        Args:
            files: The index of each one's file.
            started_ns: When each was received.
            handed_out_ns: When each was handed out, at the earliest.
        """
        limits = np.minimum(handed_out_ns + self._terms.held_ns, self.down_ns[files])
        if self._cuts is None:
            return limits
        for file, mine in _by_file(files, len(self._writers)):
            begins, ends = self._cuts[file]
            at = np.searchsorted(ends, handed_out_ns[mine])
            cut = np.append(begins, NEVER)[at]
            limits[mine] = np.minimum(limits[mine], np.maximum(cut, started_ns[mine]))
        return limits

    def in_flight(self, disturbances: list[Disturbance], in_flight: list[Ints]) -> int:
        """How many executions were under way and touched, summed over the disturbances.

        A disturbed worker touches its own executions, a core those of its workers, anything else those of all workers
        that were up.
        """
        total = 0
        for number, disturbance in enumerate(disturbances):
            for file, (component, _) in enumerate(self._writers):
                alive = self.down_ns[file] >= disturbance.time_ns
                if alive and self._reaches(component, disturbance.components):
                    total += int(in_flight[file][number])
        return total

    def _cuts_of(self, component: str, lost_ns: Ints) -> tuple[Ints, Ints]:
        """Spans in which this component's connection may have been lost, apart and in order."""
        spans: list[tuple[int, int]] = [(time_ns - SETTLES_NS, time_ns) for time_ns in lost_ns.tolist()]
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
        """Whether what is done to these targets is done to this writer, or to somebody on its way."""
        return any(
            component == target
            or (
                target not in self._writing_components
                and component in self._terms.load_on.get(target, (component,))
            )
            for target in targets
        )


def _downs_ns(events: Sequence[Event]) -> dict[tuple[str, int], int]:
    """When each start of a component ended: when the signal was sent that ended it, or else what was seen."""
    return {
        (event.component, event.incarnation): event.time_ns if event.asked_ns is None else event.asked_ns
        for event in events
        if isinstance(event, ComponentDown)
    }


def _by_file(files: Ints, count: int) -> Iterator[tuple[int, Ints]]:
    """The positions of each file's executions, in the order in which they stand."""
    order = np.argsort(files, kind="stable")
    ends = np.searchsorted(files[order], np.arange(count), side="right")
    begin = 0
    for file, end in enumerate(ends.tolist()):
        if end > begin:
            yield file, order[begin:end]
        begin = end


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
