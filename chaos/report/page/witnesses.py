"""Witnesses: a few jobs, each with all that happened to it, as a small timeline and as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.checks.findings import CheckResult, Witness
from chaos.report.page.axis import StretchedAxis, Tick
from chaos.report.page.faults import FaultLane, fault_lanes
from chaos.verdict.results import FaultResult


@dataclass(frozen=True)
class Step:
    """Something that happened: when, by whom, what; how long after the step before; where on the small timeline."""

    at_s: float
    after: str
    who: str
    what: str
    at: float


@dataclass(frozen=True)
class Lane:
    """All that one process did, on the small timeline."""

    who: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class JobStory:
    """One job that shows findings.

    Attributes:
        job: What to call it.
        findings: What it shows.
        around: The faults that were active around it.
        steps: All that happened, oldest first.
        lanes: The same by process.
        ticks: Of its own time axis.
        shades: The faults within it.
    """

    job: str
    findings: tuple[str, ...]
    around: tuple[str, ...]
    steps: tuple[Step, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    shades: tuple[FaultLane, ...]


def job_stories(checks: Sequence[CheckResult], faults: Sequence[FaultResult]) -> tuple[JobStory, ...]:
    """Each job once, with all that it shows; those of checks that failed come first."""
    by_chain: dict[object, list[Witness]] = {}
    for check in sorted(checks, key=lambda check: check.status == "passed"):
        for witness in check.witnesses:
            key = id(witness) if witness.job is None else witness.job
            by_chain.setdefault(key, []).append(witness)
    return tuple(_story(same, faults) for same in by_chain.values())


def _story(same: Sequence[Witness], faults: Sequence[FaultResult]) -> JobStory:
    witness = same[0]
    axis = StretchedAxis.over([event["at_s"] for event in witness.events])
    steps = tuple(_steps(witness, axis))
    return JobStory(
        job=witness.subject[:1].upper() + witness.subject[1:],
        findings=tuple(each.finding for each in same),
        around=witness.faults,
        steps=steps,
        lanes=tuple(
            Lane(who, tuple(step for step in steps if step.who == who))
            for who in dict.fromkeys(step.who for step in steps)
        ),
        ticks=tuple(axis.ticks),
        shades=fault_lanes([fault for fault in faults if _touches(fault, axis)], axis),
    )


def _touches(fault: FaultResult, axis: StretchedAxis) -> bool:
    if fault.requested_s is None or fault.requested_s > axis.end_s:
        return False
    return fault.reverted_s is None or fault.reverted_s > axis.start_s


def _steps(witness: Witness, axis: StretchedAxis) -> Iterator[Step]:
    before_s = None
    for event in witness.events:
        at_s = event["at_s"]
        after = "" if before_s is None else _duration(at_s - before_s)
        yield Step(at_s, after, event["who"], event["what"], axis.at(at_s))
        before_s = at_s


def _duration(seconds: float) -> str:
    if seconds < 0.1:
        return f"+{seconds * 1e3:.1f} ms"
    return f"+{seconds:.2f} s"
