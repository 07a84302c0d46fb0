"""When no core of a system could fire, and when none was running, by the runner's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    ComponentUp,
    Event,
    FaultRequested,
    FaultReverted,
)

NEVER_NS = 2**62


class Span(NamedTuple):
    """A time from `begin_ns` to `end_ns`, by the machine's monotonic clock."""

    begin_ns: int
    end_ns: int


@dataclass(frozen=True)
class Outage:
    """A time in which no core may have been able to fire.

    Attributes:
        span: From when the first thing was done to the last core that was well, until one was well again.
        downs: The times within it in which no core was running for certain.
    """

    span: Span
    downs: tuple[Span, ...]


def outages_of(
    events: Sequence[Event], cores: Mapping[str, frozenset[str]], everybody: frozenset[str]
) -> list[Outage]:
    """The outages of a run, in order.

    Args:
        events: All events of the run.
        cores: For each core, itself and whom it needs: its database.
        everybody: All components of the run, those of the load too; what else a fault is done to is the machine.
    """
    unable: list[Span] | None = None
    down: list[Span] | None = None
    for core, needs in cores.items():
        troubled = _merged([*_faults_on(events, needs, everybody), *_starts(events, core)])
        gone = _downs(events, core)
        unable = troubled if unable is None else _common(unable, troubled)
        down = gone if down is None else _common(down, gone)
    return [
        Outage(span, tuple(each for each in down or () if span.begin_ns <= each.begin_ns <= span.end_ns))
        for span in unable or ()
    ]


def _faults_on(events: Iterable[Event], needs: frozenset[str], everybody: frozenset[str]) -> list[Span]:
    """The times of the faults that were done to one of these, or to the whole machine."""
    open_ones: dict[str, int] = {}
    spans = []
    for event in events:
        if isinstance(event, FaultRequested):
            if any(target in needs or target not in everybody for target in event.targets):
                open_ones[event.fault] = event.time_ns
        elif isinstance(event, FaultReverted) and event.fault in open_ones:
            spans.append(Span(open_ones.pop(event.fault), event.time_ns))
    return spans + [Span(begin_ns, NEVER_NS) for begin_ns in open_ones.values()]


def _starts(events: Iterable[Event], core: str) -> list[Span]:
    """The times from the end of a core to when its next start was ready."""
    return _between(events, core, ComponentReady, from_signal=True)


def _downs(events: Iterable[Event], core: str) -> list[Span]:
    """The times from when a core was gone to its next start."""
    return _between(events, core, ComponentUp, from_signal=False)


def _between(
    events: Iterable[Event], core: str, ended_by: type[ComponentUp | ComponentReady], *, from_signal: bool
) -> list[Span]:
    spans: list[Span] = []
    begin_ns: int | None = None
    for event in events:
        if isinstance(event, ComponentDown) and event.component == core:
            asked = event.asked_ns if from_signal and event.asked_ns is not None else event.time_ns
            begin_ns = asked if begin_ns is None else begin_ns
        elif isinstance(event, ended_by) and event.component == core and begin_ns is not None:
            spans.append(Span(begin_ns, event.time_ns))
            begin_ns = None
    return spans if begin_ns is None else [*spans, Span(begin_ns, NEVER_NS)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same times, apart and in order."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.begin_ns <= merged[-1].end_ns:
            merged[-1] = Span(merged[-1].begin_ns, max(merged[-1].end_ns, span.end_ns))
        else:
            merged.append(span)
    return merged


def _common(some: list[Span], others: list[Span]) -> list[Span]:
    """The times that are in both."""
    common = [
        Span(max(one.begin_ns, other.begin_ns), min(one.end_ns, other.end_ns))
        for one in some
        for other in others
    ]
    return sorted(span for span in common if span.begin_ns < span.end_ns)
