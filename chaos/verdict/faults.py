"""What became of the faults: each must have been injected, seen to have bitten, and undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos.experiment.model import FaultSpec
from chaos.faults.protocol import Fault
from chaos.verdict.results import ExitCode, FaultResult, Reason
from chaos.verdict.story import Story

NamedFault = tuple[str, Fault[FaultSpec]]


def fault_results(faults: Sequence[NamedFault], story: Story) -> tuple[FaultResult, ...]:
    """One result for each fault of the experiment, in its order."""
    results = []
    for name, fault in faults:
        steps = story.fault(name)
        results.append(
            FaultResult(
                name=name,
                kind=fault.spec.fault,
                target=", ".join(fault.targets),
                requested_s=story.at_s(steps.requested),
                confirmed_s=story.at_s(steps.confirmed),
                reverted_s=story.at_s(steps.reverted),
                evidence=steps.confirmed.evidence if steps.confirmed else {},
            )
        )
    return tuple(results)


def fault_reasons(faults: Sequence[NamedFault], story: Story) -> Iterator[Reason]:
    """Why faults keep the run from passing: not injected, not proven, not undone, or without any opportunity."""
    for name, fault in faults:
        steps = story.fault(name)
        if steps.failed is not None and steps.failed.stage in ("inject", "confirm"):
            yield Reason(ExitCode.INCONCLUSIVE, f"{name} was not seen to have bitten: {steps.failed.reason}")
        elif steps.requested is None:
            yield Reason(ExitCode.INCONCLUSIVE, f"{name} was not injected")
        elif steps.confirmed is None:
            yield Reason(ExitCode.INCONCLUSIVE, f"{name} was requested, but never confirmed")
        elif steps.reverted is None and steps.failed is None:
            yield Reason(ExitCode.INCONCLUSIVE, f"{name} was not seen to be undone")
        else:
            for finding, number in fault.opportunities(steps.confirmed.evidence).items():
                if number == 0:
                    yield Reason(
                        ExitCode.INCONCLUSIVE,
                        f"{name} is meant to provoke '{finding}', but no job was exposed to it: "
                        "put more load on the system, or inject the fault at another time",
                    )
