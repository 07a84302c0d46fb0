"""The faults of a run on the time axis, and the windows of its load."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from chaos.experiment.fault_spec import OCCURRENCE_MARK
from chaos.ledger.events import PhaseEntered
from chaos.ledger.story import Story
from chaos.report.page.axis import Axis
from chaos.verdict.results import FaultResult

PHASES = {
    "prepare": "prepare",
    "start": "start",
    "load:baseline": "baseline",
    "load:during": "during the faults",
    "load:after": "after",
    "heal": "heal",
    "drain": "drain",
    "check": "reading final states",
    "stop": "stop",
}
"""What the phases are called on a time axis; those of the load by its windows."""


@dataclass(frozen=True)
class FaultWindow:
    """One time that a fault was done, in percent of the axis; None for a step that was not seen."""

    fault: FaultResult
    left: float
    width: float
    confirmed: float | None
    reverted: float | None


@dataclass(frozen=True)
class FaultLane:
    """A fault, with all the times that it was done."""

    name: str
    windows: tuple[FaultWindow, ...]


@dataclass(frozen=True)
class PhaseBand:
    """A phase of the run, in percent of the axis."""

    label: str
    left: float
    width: float


def fault_lanes(faults: Sequence[FaultResult], axis: Axis) -> tuple[FaultLane, ...]:
    """The faults that were done at least once."""
    groups = groupby(faults, key=lambda fault: fault.name.partition(OCCURRENCE_MARK)[0])
    lanes = (FaultLane(name, tuple(_windows(times, axis))) for name, times in groups)
    return tuple(lane for lane in lanes if lane.windows)


def _windows(times: Iterator[FaultResult], axis: Axis) -> Iterator[FaultWindow]:
    for fault in times:
        if fault.requested_s is None:
            continue
        left = axis.at(fault.requested_s)
        end = 100.0 if fault.reverted_s is None else axis.at(fault.reverted_s)
        yield FaultWindow(
            fault=fault,
            left=left,
            width=round(end - left, 3),
            confirmed=None if fault.confirmed_s is None else axis.at(fault.confirmed_s),
            reverted=None if fault.reverted_s is None else end,
        )


def phase_bands(story: Story, axis: Axis) -> tuple[PhaseBand, ...]:
    """What the run was about, one phase after the other."""
    entered = [event for event in story.all(PhaseEntered) if event.phase in PHASES]
    starts = [axis.at(story.at_s(event) or 0.0) for event in entered]
    return tuple(
        PhaseBand(PHASES[event.phase], left, round(right - left, 3))
        for event, (left, right) in zip(entered, pairwise([*starts, 100.0]), strict=True)
        if right > left
    )
