"""When a system is ready: the three tiers, line by line, and what of a kept run proves or refutes each line.

A line's question looks at one run, and at the runs beside it. A run that does not put the line to the test, or that is
too small to prove it, says nothing. What must hold in peace is asked of runs without faults, so that a loss in a crash
speaks of crashes.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chaos.experiment.variant import Variant, as_options
from chaos.faults.registry import FAULTS
from chaos.history.results import KeptFault, KeptResults
from chaos.verdict.results import Verdict

LINEAR: Final = 0.7
"""Ten workers scale linearly if they do at least this share of ten times what one does."""
GROWTH_AT_MOST: Final = 10e6
"""Memory does not leak if a component grows by no more bytes an hour than this."""
_RETRIES: Final = 50
_KILLS: Final = 10
_QUEUE: Final = 10_000
_HOUR_S: Final = 3600.0


class Tier(StrEnum):
    """How ready a system is, the lowest first."""

    MINIMUM = "minimum"
    PRODUCTION = "production"
    BATTLE_TESTED = "battle-tested"


@dataclass(frozen=True)
class Answer:
    """What a run says of a line: that it holds or not, and by what."""

    holds: bool
    why: str


Question = Callable[[KeptResults, Sequence[KeptResults]], Answer | None]
Lines = Mapping[str, tuple[Question, *tuple[str, ...]]]
"""Of one tier: what must hold, the question, and the experiments that prove it."""


@dataclass(frozen=True)
class Criterion:
    """One line of a tier.

    Attributes:
        tier: The tier that needs it.
        line: What must hold.
        question: Asked of a run, with the runs that may be set beside it.
        proofs: The shipped experiments that prove it, each with its options.
    """

    tier: Tier
    line: str
    question: Question
    proofs: tuple[str, ...]

    def commands(self, system: str, variant: Variant) -> tuple[str, ...]:
        """The commands that would prove it."""
        options = shlex.join(["--system", system, *as_options(variant)])
        return tuple(f"chaos run experiments/{proof} {options}" for proof in self.proofs)


def _handles(jobs: int) -> Question:
    """So many jobs in one run, none lost and none repeated. A loss or a repetition refutes it in a run of any size."""

    def ask(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
        if run.faults:
            return None
        done = run.metrics.acknowledged
        return _broken(run) or _passed(run, done >= jobs, f"{done} jobs, none lost or repeated")

    return ask


def _all_work(workers: int) -> Question:
    """So many workers in one run, and each completed jobs."""

    def ask(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
        if run.faults or len(run.metrics.completed_by) < workers:
            return None
        if idle := [name for name, jobs in run.metrics.completed_by.items() if not jobs]:
            return Answer(False, f"{', '.join(idle)} completed no job")
        return _broken(run) or _passed(
            run, True, f"{len(run.metrics.completed_by)} workers, each completed jobs"
        )

    return ask


def _retries(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
    """Jobs that fail are tried again, and none is lost or repeated by that."""
    failures = run.metrics.failures
    if run.faults or not failures:
        return None
    return _broken(run) or _passed(
        run, failures >= _RETRIES, f"{failures} failed executions, each tried again or given up"
    )


def _no_crash(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
    """No process of the system ended by itself, whatever was done to it."""
    if run.crashed:
        return Answer(False, f"{', '.join(run.crashed)} ended by itself")
    jobs = run.metrics.acknowledged
    return _passed(run, not run.faults and jobs >= 1000, f"no process ended by itself over {jobs} jobs")


def _scales(run: KeptResults, beside: Sequence[KeptResults]) -> Answer | None:
    """Ten or more workers do nearly so many times as much as one, in the same experiment on the same machine."""
    workers, together = len(run.metrics.completed_by), _throughput(run)
    alone = next((found for each in beside if (found := _of_one_worker(each, run))), None)
    if run.faults or workers < 10 or together is None or alone is None:
        return None
    share = together / (workers * alone)
    told = f"{workers} workers {together:.0f} jobs/s, one {alone:.0f}: {share:.0%} of linear"
    return Answer(False, told) if share < LINEAR else _passed(run, True, told)


def _of_one_worker(run: KeptResults, like: KeptResults) -> float | None:
    """The throughput of a run with one worker, of the same experiment and on the same machine."""
    alike = (run.experiment.name, run.machine) == (like.experiment.name, like.machine)
    alone = len(run.metrics.completed_by) == 1 and not run.faults
    return _throughput(run) if alike and alone else None


def _throughput(run: KeptResults) -> float | None:
    """Its throughput, unless a note says that the load held it down: then it tells nothing of the workers."""
    throughput = run.named("throughput")
    return throughput.value if throughput is not None and not throughput.note else None


def _no_leak(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
    """Memory grows by no more than is acceptable over an hour or more of load, all uncertainty counted."""
    growth = run.named("memory-growth")
    if growth is None or growth.value is None:
        return None
    unsure, hours = growth.uncertainty or 0.0, run.metrics.load_s / _HOUR_S
    told = f"memory grows by {growth.value / 1e6:.1f} ±{unsure / 1e6:.1f} MB/h, seen over {hours:.1f} h"
    if growth.value - unsure > GROWTH_AT_MOST:
        return Answer(False, told)
    return _passed(run, hours >= 1 and growth.value + unsure <= GROWTH_AT_MOST, told)


def _degrades(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
    """The overload passed in its full form, and was one: jobs queued up. In any form it refutes if it fails."""
    if run.experiment.name != _OVERLOAD:
        return None
    peak = run.named("queue-peak")
    waiting = (peak.value if peak is not None else None) or 0
    enough = run.experiment.profile == "full" and waiting >= _QUEUE
    told = f"{_OVERLOAD} passed, {run.metrics.acknowledged} jobs, up to {waiting:.0f} waiting at once"
    return _failed(run) or _passed(run, enough, told)


def _survives(is_meant: Callable[[KeptFault], bool], times: int = 1) -> Question:
    """A run passed in which such faults were seen to bite, so many times or more."""

    def ask(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
        hit = [fault for fault in run.faults if is_meant(fault)]
        if not hit:
            return None
        bitten = [fault.kind for fault in hit if fault.confirmed_s is not None]
        kinds = ", ".join(sorted(set(bitten)))
        often = "once" if len(bitten) == 1 else f"{len(bitten)} times"
        told = f"{kinds} survived {often}, {run.metrics.acknowledged} jobs, none lost or repeated"
        return _failed(run) or _passed(run, len(bitten) >= times, told)

    return ask


def _core_killed(fault: KeptFault) -> bool:
    return fault.kind in ("kill", "crash-loop") and "core" in fault.target


def _of_family(family: str) -> Question:
    """A run passed in which a fault of this family was seen to bite; of an unknown fault nobody knows the family."""

    def is_meant(fault: KeptFault) -> bool:
        kind = FAULTS.available().get(fault.kind)
        return kind is not None and kind.family == family

    return _survives(is_meant)


def _soaked(hours: float) -> Question:
    """Load for so long, and passed. A failure after an hour or more refutes it."""

    def ask(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
        lasted_s = run.metrics.load_s
        if lasted_s < _HOUR_S:
            return None
        return _failed(run) or _passed(
            run, lasted_s >= hours * _HOUR_S, f"{lasted_s / _HOUR_S:.1f} h under load"
        )

    return ask


def _like_real_load(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
    """An hour or more of jobs at a rate, done by several workers, some of which fail and are tried again."""
    metrics = run.metrics
    if run.faults or metrics.load_s < _HOUR_S or len(metrics.completed_by) < 5 or not metrics.failures:
        return None
    told = (
        f"{metrics.load_s / _HOUR_S:.1f} h, {len(metrics.completed_by)} workers, {metrics.failures} failures"
    )
    return _failed(run) or _passed(run, True, told)


def _passed(run: KeptResults, enough: bool, why: str) -> Answer | None:
    """A run proves only what it was strict about: one that allows losses proves nothing, though it may pass."""
    return Answer(True, why) if enough and run.verdict is Verdict.PASSED and run.kept_its_word else None


def _failed(run: KeptResults) -> Answer | None:
    if run.verdict is not Verdict.FAILED:
        return None
    return Answer(False, run.reasons[0].partition("\n")[0] if run.reasons else "it failed")


def _broken(run: KeptResults) -> Answer | None:
    """Jobs lost or repeated refute, whatever else the run was about; a figure that was missed does not."""
    broken = [f"{check.name}: {check.count:.0f} jobs" for check in run.broke_its_word]
    return Answer(False, ", ".join(broken)) if broken else None


_THROUGHPUT = "01-throughput.yaml"
_MANY_JOBS = "02-multi-worker.yaml --profile full"
_OVERLOAD = "04-high-enqueue-rate"
_KILLED = "07-crash-recovery.yaml --profile full"
_HOURS = "08-memory-leak.yaml --profile full --set load.workers.count=5"
_A_DAY = f"{_HOURS} --set load.jobs=8700000"

_MINIMUM: Final[Lines] = {
    "can handle 1000 jobs reliably": (_handles(1000), _THROUGHPUT),
    "5 workers work correctly": (_all_work(5), "02-multi-worker.yaml"),
    "retries work": (_retries, "03-retry-storm.yaml"),
    "no crashes": (_no_crash, _THROUGHPUT),
}
_PRODUCTION: Final[Lines] = {
    "can handle 10K+ jobs": (_handles(10_000), _MANY_JOBS),
    "10+ workers scale linearly": (_scales, "scaling.yaml --profile alone", "scaling.yaml"),
    "no memory leaks over 1 hour": (_no_leak, _HOURS),
    "graceful degradation under overload": (_degrades, f"{_OVERLOAD}.yaml --profile full"),
    "crash recovery works": (_survives(_core_killed, times=_KILLS), _KILLED),
}
_BATTLE_TESTED: Final[Lines] = {
    "100K+ jobs processed": (_handles(100_000), _MANY_JOBS),
    "24+ hour soak test passed": (_soaked(24), _A_DAY),
    "chaos testing passed: processes": (_of_family("process"), _KILLED),
    "chaos testing passed: workers": (_of_family("workers"), "06-worker-churn.yaml --profile full"),
    "chaos testing passed: network": (_of_family("network"), "10-network-latency.yaml --profile full"),
    "chaos testing passed: resources": (_of_family("resources"), "disk-full.yaml"),
    "real-world load simulated": (_like_real_load, _HOURS),
}

CRITERIA: Final = tuple(
    Criterion(tier, line, question, tuple(proofs))
    for tier, lines in zip(Tier, (_MINIMUM, _PRODUCTION, _BATTLE_TESTED), strict=True)
    for line, (question, *proofs) in lines.items()
)
"""Every line, in the order of the tiers."""
