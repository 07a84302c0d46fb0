"""Which tier a system has reached, by its kept runs."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.cli.run import command as chaos_run
from chaos.experiment.model import Experiment
from chaos.experiment.reading import read_experiment
from chaos.experiment.shipped import shipped_experiments
from chaos.history.criteria import CRITERIA, Criterion, Tier
from chaos.history.readiness import Line, Readiness, Standing, readiness
from chaos.history.results import KeptResults
from chaos.runner.vocabulary import vocabulary
from tests.history.conftest import KILL, NOW, checked, measured

Says = Callable[..., KeptResults]
DAY_S = 86_400.0
TEN_WORKERS = {f"worker-{number}": 1000 for number in range(1, 11)}
SCALED = {"measurements": [measured("throughput", 900.0)], "metrics": {"completed_by": TEN_WORKERS}}
ALONE = {"measurements": [measured("throughput", 100.0)], "metrics": {"completed_by": {"worker-1": 9}}}
HOUR = {"metrics": {"load_s": 3600.0}}


def answered(runs: Sequence[KeptResults]) -> Readiness:
    return readiness("reference", {}, runs, stale_after_s=30 * DAY_S, now=NOW)


def line(runs: Sequence[KeptResults], words: str) -> Line:
    [found] = [line for line in answered(runs).lines if line.criterion.line == words]
    return found


def standing(runs: Sequence[KeptResults], words: str) -> Standing:
    return line(runs, words).standing


def jobs(number: int, **more: Any) -> dict[str, Any]:
    return {"metrics": {"acknowledged": number, **more}}


def fault(kind: str, target: str = "core", confirmed_s: float | None = 1.0, times: int = 1) -> dict[str, Any]:
    return {"faults": [{"name": kind, "kind": kind, "target": target, "confirmed_s": confirmed_s}] * times}


def full(name: str, **more: Any) -> dict[str, Any]:
    return {"experiment": {"file": f"experiments/{name}.yaml", "profile": "full"}, **more}


def _queued(jobs: int) -> dict[str, Any]:
    return measured("queue-peak", float(jobs))


PROOFS: dict[str, list[dict[str, Any]]] = {
    "can handle 1000 jobs reliably": [jobs(1000)],
    "5 workers work correctly": [jobs(10, completed_by={f"worker-{n}": 2 for n in range(5)})],
    "retries work": [jobs(1000, failures=50)],
    "no crashes": [jobs(1000)],
    "can handle 10K+ jobs": [jobs(10_000)],
    "10+ workers scale linearly": [ALONE, SCALED],
    "no memory leaks over 1 hour": [
        {"measurements": [measured("memory-growth", 2e6, uncertainty=7e6)], **HOUR}
    ],
    "graceful degradation under overload": [full("04-high-enqueue-rate", measurements=[_queued(10_000)])],
    "crash recovery works": [fault("kill", times=10)],
    "100K+ jobs processed": [jobs(100_000)],
    "24+ hour soak test passed": [jobs(1, load_s=86_400.0)],
    "chaos testing passed: processes": [fault("pause")],
    "chaos testing passed: workers": [fault("churn", "workers")],
    "chaos testing passed: network": [fault("latency")],
    "chaos testing passed: resources": [fault("disk-full")],
    "real-world load simulated": [jobs(1, load_s=3600.0, failures=9, completed_by=TEN_WORKERS)],
}

TOO_LITTLE: dict[str, list[dict[str, Any]]] = {
    "can handle 1000 jobs reliably": [jobs(999), {**jobs(1000), "faults": KILL}],
    "5 workers work correctly": [jobs(10, completed_by={f"worker-{n}": 2 for n in range(4)})],
    "retries work": [jobs(1000, failures=49)],
    "no crashes": [jobs(999)],
    "can handle 10K+ jobs": [jobs(9_999)],
    "10+ workers scale linearly": [SCALED, {**SCALED, "faults": KILL}],
    "no memory leaks over 1 hour": [
        {"measurements": [measured("memory-growth", 0.0, uncertainty=0.0)], **jobs(1, load_s=3599.0)},
        {"measurements": [measured("memory-growth", None)], **HOUR},
        {"measurements": [measured("memory-growth", 2e6, uncertainty=30e6)], **HOUR},
    ],
    "graceful degradation under overload": [
        full(
            "04-high-enqueue-rate",
            experiment={"file": "04-high-enqueue-rate.yaml"},
            measurements=[_queued(10_000)],
        ),
        full("04-high-enqueue-rate", measurements=[_queued(9_999)]),
        full("04-high-enqueue-rate"),
    ],
    "crash recovery works": [
        fault("kill", times=9),
        fault("kill", confirmed_s=None, times=10),
        fault("kill", "worker-1", times=10),
    ],
    "100K+ jobs processed": [jobs(99_999)],
    "24+ hour soak test passed": [jobs(1, load_s=86_399.0)],
    "chaos testing passed: processes": [fault("latency"), fault("kill", confirmed_s=None)],
    "chaos testing passed: workers": [fault("kill")],
    "chaos testing passed: network": [fault("kill")],
    "chaos testing passed: resources": [fault("kill"), fault("from-a-plugin-that-is-gone")],
    "real-world load simulated": [jobs(1, load_s=3600.0, completed_by=TEN_WORKERS)],
}

REFUTALS: dict[str, dict[str, Any]] = {
    "can handle 1000 jobs reliably": {"lost": 1, **jobs(10)},
    "5 workers work correctly": jobs(10, completed_by={f"worker-{n}": n for n in range(5)}),
    "retries work": {"repeated": 1, **jobs(10, failures=1)},
    "no crashes": {"crashed": ["core"], "verdict": "failed"},
    "can handle 10K+ jobs": {"repeated": 2},
    "10+ workers scale linearly": {
        "measurements": [measured("throughput", 500.0)],
        **jobs(1, completed_by=TEN_WORKERS),
    },
    "no memory leaks over 1 hour": {"measurements": [measured("memory-growth", 90e6, uncertainty=1e6)]},
    "graceful degradation under overload": full("04-high-enqueue-rate", verdict="failed"),
    "crash recovery works": {**fault("kill"), "verdict": "failed"},
    "100K+ jobs processed": {"lost": 1},
    "24+ hour soak test passed": {**jobs(1, load_s=7200.0), "verdict": "failed"},
    "chaos testing passed: processes": {**fault("kill"), "verdict": "failed"},
    "chaos testing passed: workers": {**fault("churn"), "verdict": "failed"},
    "chaos testing passed: network": {**fault("partition"), "verdict": "failed"},
    "chaos testing passed: resources": {**fault("cpu"), "verdict": "failed"},
    "real-world load simulated": {
        **jobs(1, load_s=3600.0, failures=9, completed_by=TEN_WORKERS),
        "verdict": "failed",
    },
}

LINES = [criterion.line for criterion in CRITERIA]


@pytest.mark.parametrize("words", LINES)
def test_every_line_can_be_proven(says: Says, words: str) -> None:
    runs = [says(**said) for said in PROOFS[words]]
    found = line(runs, words)
    assert found.standing is Standing.PROVEN
    assert found.run == runs[-1]


@pytest.mark.parametrize("words", LINES)
def test_a_run_that_is_too_small_or_about_something_else_proves_nothing(says: Says, words: str) -> None:
    for said in TOO_LITTLE[words]:
        assert standing([says(**said)], words) is Standing.MISSING


@pytest.mark.parametrize("words", LINES)
def test_a_newer_run_refutes_it_and_a_still_newer_one_proves_it_again(says: Says, words: str) -> None:
    proofs = [says(**said) for said in PROOFS[words]]
    refutal = says(**REFUTALS[words])
    found = line([*proofs, refutal], words)
    assert (found.standing, found.run) == (Standing.REFUTED, refutal)
    assert found.why
    again = line([*proofs, refutal, *(says(**said) for said in PROOFS[words])], words)
    assert again.standing is Standing.PROVEN
    assert again.refuted == 1


@pytest.mark.parametrize("words", LINES)
def test_an_inconclusive_run_neither_proves_nor_refutes(says: Says, words: str) -> None:
    runs = [says(**{**said, "verdict": "inconclusive"}) for said in PROOFS[words]]
    assert standing(runs, words) is Standing.MISSING


@pytest.mark.parametrize("words", LINES)
def test_an_old_proof_does_not_count_and_is_called_old(says: Says, words: str) -> None:
    runs = [says(**said, at=NOW - timedelta(days=31)) for said in PROOFS[words]]
    found = line(runs, words)
    assert found.standing is Standing.OLD
    assert found.why.startswith("its proof is 31 days old")


def test_the_proof_of_another_version_does_not_count_and_is_named(says: Says) -> None:
    runs = [says(**jobs(1000)), says(system={"version": "2"})]
    found = line(runs, "can handle 1000 jobs reliably")
    assert found.standing is Standing.OLD
    assert found.why.startswith("its proof is of version 1")


def test_what_was_refuted_stays_so_however_long_ago(says: Says) -> None:
    runs = [says(lost=1, at=NOW - timedelta(days=90)), says(system={"name": "another"})]
    assert standing(runs, "can handle 1000 jobs reliably") is Standing.REFUTED


def test_a_refutal_of_another_version_does_not_count(says: Says) -> None:
    runs = [says(lost=1), says(**jobs(1000), system={"version": "2"})]
    assert standing(runs, "can handle 1000 jobs reliably") is Standing.PROVEN


def test_a_loss_in_a_crash_speaks_of_crashes(says: Says) -> None:
    runs = [says(**jobs(1000)), says(lost=6, **fault("kill"))]
    assert standing(runs, "can handle 1000 jobs reliably") is Standing.PROVEN
    assert standing(runs, "crash recovery works") is Standing.REFUTED
    assert answered(runs).broken == (runs[1],)


def test_a_loss_is_told_until_its_experiment_passed_again(says: Says) -> None:
    lost, passed = says(lost=6, **fault("kill")), says(**fault("kill"))
    assert answered([lost]).broken == (lost,)
    assert answered([lost, passed]).broken == ()


def test_a_run_that_passed_because_losses_are_allowed_proves_nothing(says: Says) -> None:
    allowed = checked("loss", 3) | {"status": "passed"}
    runs = [says(**jobs(5000), checks=[allowed, checked("duplication")])]
    assert standing(runs, "can handle 1000 jobs reliably") is Standing.REFUTED
    at_most_once = [checked("loss", 0, stuck=3), checked("duplication")]
    assert (
        standing([says(**jobs(5000), checks=at_most_once)], "can handle 1000 jobs reliably")
        is Standing.MISSING
    )


def test_a_load_that_held_the_workers_down_refutes_nothing(says: Says) -> None:
    held = {"measurements": [measured("throughput", 300.0, note="all that arrived: 300 jobs/s")]}
    assert standing([says(**ALONE), says(**SCALED | held)], "10+ workers scale linearly") is Standing.MISSING
    assert standing([says(**ALONE | held), says(**SCALED)], "10+ workers scale linearly") is Standing.MISSING


def test_only_the_same_experiment_on_the_same_machine_tells_how_workers_scale(says: Says) -> None:
    for otherwise in ({"machine": "elsewhere"}, {"experiment": {"file": "y.yaml"}}):
        runs = [says(**ALONE, **otherwise), says(**SCALED)]
        assert standing(runs, "10+ workers scale linearly") is Standing.MISSING


def test_a_tier_needs_every_line_of_it_and_of_those_below(says: Says) -> None:
    proven = [says(**said) for proof in PROOFS.values() for said in proof]
    everything = answered(proven)
    assert everything.tier is Tier.BATTLE_TESTED
    assert all(everything.reaches(tier) for tier in Tier)
    no_recovery = answered([*proven, says(lost=1, **fault("kill"))])
    assert no_recovery.tier is Tier.MINIMUM
    assert not no_recovery.reaches(Tier.PRODUCTION)
    nothing = answered([])
    assert (nothing.tier, nothing.version) == (None, None)
    assert not nothing.reaches(Tier.MINIMUM)


NEEDS: dict[str, Callable[[Experiment], bool]] = {
    "can handle 1000 jobs reliably": lambda shown: shown.load.jobs >= 1000 and not shown.faults,
    "5 workers work correctly": lambda shown: shown.load.workers.count >= 5 and not shown.faults,
    "retries work": lambda shown: shown.load.jobs * shown.load.job.failure_rate >= 50 and not shown.faults,
    "no crashes": lambda shown: shown.load.jobs >= 1000 and not shown.faults,
    "can handle 10K+ jobs": lambda shown: shown.load.jobs >= 10_000 and not shown.faults,
    "10+ workers scale linearly": lambda shown: shown.load.workers.count >= 10 and shown.load.rate == "max",
    "no memory leaks over 1 hour": lambda shown: _lasts_s(shown) > 3600,
    "graceful degradation under overload": lambda shown: shown.load.rate == "max",
    "crash recovery works": lambda shown: _times(shown, "kill") >= 10,
    "100K+ jobs processed": lambda shown: shown.load.jobs >= 100_000 and not shown.faults,
    "24+ hour soak test passed": lambda shown: _lasts_s(shown) > 24 * 3600,
    "chaos testing passed: processes": lambda shown: _times(shown, "kill") >= 1,
    "chaos testing passed: workers": lambda shown: _times(shown, "churn") >= 1,
    "chaos testing passed: network": lambda shown: _times(shown, "latency") >= 1,
    "chaos testing passed: resources": lambda shown: _times(shown, "disk-full") >= 1,
    "real-world load simulated": lambda shown: (
        _lasts_s(shown) > 3600
        and shown.load.workers.count >= 5
        and shown.load.job.failure_rate > 0
        and not shown.faults
    ),
}


def _lasts_s(experiment: Experiment) -> float:
    assert experiment.load.rate != "max"
    return (experiment.load.jobs - 1) / experiment.load.rate


def _times(experiment: Experiment, kind: str) -> int:
    return sum(fault.times or 1 for fault in experiment.faults if fault.fault == kind)


def _read(command: str) -> Experiment:
    """The experiment that a command would run."""
    _, _, *arguments = shlex.split(command)
    given = chaos_run.make_context("run", arguments).params
    [file] = given["files"]
    path = shipped_experiments() / Path(file).name
    return read_experiment(
        path, vocabulary(), given["settings"], system=given["system"], profile=given["profile"]
    )


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.line)
def test_the_command_that_would_prove_a_line_is_large_enough_to(criterion: Criterion) -> None:
    assert criterion.commands("reference", {})
    shown = _read(criterion.commands("reference", {})[-1])
    assert shown.system.name == "reference"
    assert NEEDS[criterion.line](shown)


def test_one_worker_is_measured_before_ten() -> None:
    alone, together = (_read(command) for command in line([], "10+ workers scale linearly").commands)
    assert (alone.load.workers.count, together.load.workers.count) == (1, 10)
    assert alone.load.job == together.load.job


def test_the_lines_of_the_table_are_all_tested_here() -> None:
    assert set(PROOFS) == set(TOO_LITTLE) == set(REFUTALS) == set(NEEDS) == set(LINES)


def test_a_variant_of_a_system_needs_its_own_proofs_and_its_commands_say_so(says: Says) -> None:
    variant = {"system.storage": "postgres"}
    run = says(system={"variant": variant}, metrics={"acknowledged": 1000})
    told = readiness("reference", variant, [run], stale_after_s=30 * DAY_S, now=NOW)
    proven = [each for each in told.lines if each.criterion.line == "can handle 1000 jobs reliably"]
    assert [each.standing for each in proven] == [Standing.PROVEN]
    assert standing([run], "can handle 1000 jobs reliably") is Standing.MISSING
    assert all(
        "--system reference --set system.storage=postgres" in command
        for each in told.lines
        for command in each.commands
    )
