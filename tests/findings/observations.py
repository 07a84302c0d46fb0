"""What runs saw, made by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chaos.checks.findings import Finding, Witness
from chaos.findings.observed import Observed, Setup
from chaos.verdict.results import Verdict

ORDINARY = Setup(
    experiment="experiments/crash-recovery.yaml",
    profile="",
    system="reseolio",
    version="0.1.3",
    variant=(),
    as_run="a",
)


def observed(
    seed: int,
    jobs: Mapping[Finding, int] | None = None,
    *,
    setup: Setup = ORDINARY,
    faults: Collection[str] = ("kill",),
    claims: Mapping[str, str] | None = None,
    events: int = 3,
) -> Observed:
    """One run, with a witness of so many events for each finding that it shows."""
    jobs = jobs or {}
    chain = tuple(
        {"at_s": float(number), "who": "worker-1", "what": f"step {number}"} for number in range(events)
    )
    return Observed(
        run=f"run-{seed}",
        seed=seed,
        setup=setup,
        verdict=Verdict.FAILED if any(jobs.values()) else Verdict.PASSED,
        fault_kinds=frozenset(faults),
        jobs=jobs,
        claims=claims or {},
        witnesses=tuple(
            Witness(seed, finding, chain, tuple(faults)) for finding, count in jobs.items() if count
        ),
    )
