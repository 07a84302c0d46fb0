"""The experiments that ship: each can be read, in every form that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.experiment.layers import profile_names
from chaos.experiment.reading import read_experiment
from chaos.experiment.shipped import shipped_experiments
from chaos.runner.vocabulary import vocabulary

SHIPPED = sorted(shipped_experiments().glob("*.yaml"))
SCENARIOS = [path for path in SHIPPED if path.name[:2].isdecimal()]


def test_the_scenarios_come_in_their_order() -> None:
    assert [path.stem for path in SCENARIOS] == [
        "01-throughput",
        "02-multi-worker",
        "03-retry-storm",
        "04-high-enqueue-rate",
        "05-long-running-jobs",
        "06-worker-churn",
        "07-crash-recovery",
        "08-memory-leak",
        "09-database-stress",
        "10-network-latency",
        "11-idempotency-stress",
        "12-burst-traffic",
        "13-chained-workflows",
        "14-fast-and-slow-jobs",
        "15-schedule-throughput",
        "16-schedule-triggering",
        "17-schedule-idempotency",
        "18-schedule-updates",
        "19-mixed-workload",
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_can_be_read_in_every_form(path: Path) -> None:
    for profile in (None, *profile_names(path)):
        read_experiment(path, vocabulary(), profile=profile)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_has_a_larger_full_form_and_numbers_to_hold_in_both(path: Path) -> None:
    quick, full = (read_experiment(path, vocabulary(), profile=profile) for profile in (None, "full"))
    assert full.load.jobs >= 10 * quick.load.jobs
    for form in (quick, full):
        assert form.verify.metrics
        assert (form.verify.loss, form.verify.duplication, form.verify.integrity) == (0, 0, 0)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_page_of_scenarios_names_its_numbers(path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| {path.stem} |"))
    told = {bound.metric for bound in read_experiment(path, vocabulary()).verify.metrics} - {"success-rate"}
    assert all(f"`{metric}`" in row for metric in told)
