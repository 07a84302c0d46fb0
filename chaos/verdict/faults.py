"""What became of the faults: each must have been injected, seen to have bitten, and undone, every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos.checks.terms import Delay
from chaos.clock import seconds_between
from chaos.experiment.model import FaultSpec
from chaos.experiment.targets import Cast
from chaos.faults.protocol import Fault
from chaos.ledger.story import FaultStory, Story
from chaos.verdict.results import ExitCode, FaultResult, Reason

NamedFault = tuple[str, Fault[FaultSpec]]


def fault_results(faults: Sequence[NamedFault], story: Story) -> tuple[FaultResult, ...]:
    """One result for each time that each fault of the experiment was injected, or one if it never was, in its order."""
    return tuple(
        FaultResult(
            name=steps.name,
            kind=fault.spec.fault,
            target=", ".join(steps.requested.targets) if steps.requested else "",
            requested_s=story.at_s(steps.requested),
            confirmed_s=story.at_s(steps.confirmed),
            reverted_s=story.at_s(steps.reverted),
            evidence=_evidence(steps),
        )
        for name, fault in faults
        for steps in story.occurrences(name)
    )


def fault_reasons(faults: Sequence[NamedFault], story: Story) -> Iterator[Reason]:
    """Why faults keep the run from passing: not injected, not proven, not undone, or without any opportunity."""
    for name, fault in faults:
        occurrences = story.occurrences(name)
        unproven = [text for steps in occurrences for text in _unproven(steps)]
        yield from (Reason(ExitCode.INCONCLUSIVE, text) for text in unproven)
        if not unproven:
            yield from _without_opportunity(name, fault, occurrences)


def delays(faults: Sequence[NamedFault], story: Story, cast: Cast) -> tuple[Delay, ...]:
    """The times in which faults made jobs come late to their workers: those whom each fault reaches."""
    found = []
    for name, fault in faults:
        for steps in story.occurrences(name):
            if steps.requested is None:
                continue
            begin_ns = steps.requested.time_ns
            end_ns = steps.reverted.time_ns if steps.reverted else story.events[-1].time_ns
            at_most_ns = round(fault.delays_s(seconds_between(begin_ns, end_ns)) * 1e9)
            if at_most_ns > 0:
                reached = tuple(fault.reaches(steps.requested.targets, cast))
                found.append(Delay(begin_ns, end_ns, at_most_ns, reached))
    return tuple(found)


def _evidence(steps: FaultStory) -> Mapping[str, Any]:
    """All that showed that it bit and that it was undone."""
    told = (step.evidence for step in (steps.confirmed, steps.reverted) if step is not None)
    return {key: value for evidence in told for key, value in evidence.items()}


def _unproven(steps: FaultStory) -> Iterator[str]:
    """What was not seen of a fault that should have been."""
    name, failed = steps.name, {failure.stage: failure.reason for failure in steps.failures}
    if bite := failed.get("inject", failed.get("confirm")):
        yield f"{name} was not seen to have bitten: {bite}"
    elif steps.requested is None:
        yield f"{name} was not injected"
    elif steps.confirmed is None:
        yield f"{name} was requested, but never confirmed"
    if "sustain" in failed:
        yield f"{name} did not last as it should: {failed['sustain']}"
    if "revert" in failed:
        yield f"{name} was not seen to be undone: {failed['revert']}"
    elif steps.requested is not None and steps.reverted is None:
        yield f"{name} was not seen to be undone"


def _without_opportunity(
    name: str, fault: Fault[FaultSpec], occurrences: Sequence[FaultStory]
) -> Iterator[Reason]:
    """Findings that a fault is meant to provoke, and could not have in any of its times."""
    opportunities: Counter[str] = Counter()
    for steps in occurrences:
        opportunities.update(fault.opportunities(_evidence(steps)))
    for finding, number in opportunities.items():
        if number == 0:
            yield Reason(
                ExitCode.INCONCLUSIVE,
                f"{name} is meant to provoke '{finding}', but no job was exposed to it: "
                "put more load on the system, or inject the fault at another time",
            )
