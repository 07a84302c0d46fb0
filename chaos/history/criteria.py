"""When a system is ready: the three tiers, line by line, and what of a kept run proves or refutes each line.

A line's question looks at one run, and at the runs beside it. A run that does not put the line to the test, or that is
too small to prove it, says nothing. What must hold in peace is asked of runs without faults, so that a loss in a crash
speaks of crashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chaos.faults.registry import FAULTS
from chaos.history.results import KeptFault, KeptResults
from chaos.verdict.results import Verdict

LINEAR: Final = 0.7
"""Ten workers scale linearly if they do at least this share of ten times what one does."""
_RETRIES: Final = 50
_HOUR_S: Final = 3600.0
_ONE_WORKER: Final = "throughput-1-worker"
_MEMORY: Final = "memory-growth"


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


@dataclass(frozen=True)
class Criterion:
    """One line of a tier.

    Attributes:
        tier: The tier that needs it.
        line: What must hold.
        question: Asked of a run, with the runs that may be set beside it.
        experiment: The shipped experiment that proves it, in its full profile.
        options: What else the command needs that proves it.
    """

    tier: Tier
    line: str
    question: Question
    experiment: str
    options: str = ""

    def command(self, system: str) -> str:
        """The command that would prove it."""
        words = f"chaos run experiments/{self.experiment}.yaml --profile full --system {system}"
        return f"{words} {self.options}" if self.options else words


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
    """Ten or more workers do nearly ten times as much as one, on one machine."""
    workers, all_of_them = len(run.metrics.completed_by), run.measurement("throughput")
    alone = next(
        (m for each in beside if each.machine == run.machine and (m := each.measurement(_ONE_WORKER))), None
    )
    if run.faults or workers < 10 or all_of_them is None or alone is None:
        return None
    assert all_of_them.value is not None
    assert alone.value is not None
    share = all_of_them.value / (workers * alone.value) if alone.value else 0.0
    told = f"{workers} workers {all_of_them.value:.0f} jobs/s, one {alone.value:.0f}: {share:.0%} of linear"
    if share < LINEAR:
        return None if all_of_them.note else Answer(False, told)  # the load itself held it down
    return _passed(run, True, told)


def _no_leak(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
    """Memory does not grow over an hour or more of load."""
    growth = run.measurement(_MEMORY)
    if growth is None or growth.grade is None:
        return None
    told = f"memory growth {growth.value:.3g} {growth.unit} over {run.metrics.load_s / _HOUR_S:.1f} h"
    if growth.grade in ("poor", "critical"):
        return Answer(False, f"{told} is {growth.grade}")
    return _passed(run, run.metrics.load_s >= _HOUR_S, told)


def _experiment_passed(name: str) -> Question:
    """The experiment of this name passed, in its full form; in any form it refutes if it fails."""

    def ask(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
        if run.experiment.name != name:
            return None
        full = run.experiment.profile == "full"
        return _failed(run) or _passed(run, full, f"{name} passed, {run.metrics.acknowledged} jobs")

    return ask


def _survives(is_meant: Callable[[KeptFault], bool]) -> Question:
    """A run with such a fault passed."""

    def ask(run: KeptResults, _beside: Sequence[KeptResults]) -> Answer | None:
        hit = [fault for fault in run.faults if is_meant(fault)]
        bitten = sorted({fault.kind for fault in hit if fault.confirmed_s is not None})
        if not hit:
            return None
        told = f"{', '.join(bitten)} survived, {run.metrics.acknowledged} jobs, none lost or repeated"
        return _failed(run) or _passed(run, bool(bitten), told)

    return ask


def _core_killed(fault: KeptFault) -> bool:
    return fault.kind in ("kill", "crash-loop") and "core" in fault.target


def _of_family(family: str) -> Callable[[KeptFault], bool]:
    """Whether a fault is of this family; of one that this installation does not have nobody knows."""

    def is_meant(fault: KeptFault) -> bool:
        kind = FAULTS.available().get(fault.kind)
        return kind is not None and kind.family == family

    return is_meant


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


CRITERIA: Final = (
    Criterion(Tier.MINIMUM, "can handle 1000 jobs reliably", _handles(1000), "01-throughput"),
    Criterion(Tier.MINIMUM, "5 workers work correctly", _all_work(5), "02-many-workers"),
    Criterion(Tier.MINIMUM, "retries work", _retries, "03-retry-storm"),
    Criterion(Tier.MINIMUM, "no crashes", _no_crash, "01-throughput"),
    Criterion(Tier.PRODUCTION, "can handle 10K+ jobs", _handles(10_000), "02-many-workers"),
    Criterion(Tier.PRODUCTION, "10+ workers scale linearly", _scales, "02-many-workers"),
    Criterion(Tier.PRODUCTION, "no memory leaks over 1 hour", _no_leak, "08-memory-leak"),
    Criterion(
        Tier.PRODUCTION,
        "graceful degradation under overload",
        _experiment_passed("04-enqueue-rate"),
        "04-enqueue-rate",
    ),
    Criterion(
        Tier.PRODUCTION,
        "crash recovery works",
        _survives(_core_killed),
        "07-crash-recovery",
    ),
    Criterion(Tier.BATTLE_TESTED, "100K+ jobs processed", _handles(100_000), "09-database-stress"),
    Criterion(Tier.BATTLE_TESTED, "24+ hour soak test passed", _soaked(24), "08-memory-leak"),
    Criterion(
        Tier.BATTLE_TESTED,
        "chaos testing passed: processes",
        _survives(_of_family("process")),
        "07-crash-recovery",
    ),
    Criterion(
        Tier.BATTLE_TESTED,
        "chaos testing passed: workers",
        _survives(_of_family("workers")),
        "06-worker-churn",
    ),
    Criterion(
        Tier.BATTLE_TESTED,
        "chaos testing passed: network",
        _survives(_of_family("network")),
        "10-network-latency",
    ),
    Criterion(
        Tier.BATTLE_TESTED, "chaos testing passed: resources", _survives(_of_family("resources")), "disk-full"
    ),
    Criterion(Tier.BATTLE_TESTED, "real-world load simulated", _like_real_load, "08-memory-leak"),
)
"""Every line, in the order of the tiers."""
