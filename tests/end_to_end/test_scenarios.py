"""A load scenario, as a user runs it: its claims are checks with a number, and a report tells them again."""

from __future__ import annotations

import json
from collections.abc import Callable

from chaos.experiment.shipped import shipped_experiments
from tests.end_to_end.conftest import Chaos, Done

STORM = str(shipped_experiments() / "03-retry-storm.yaml")
SMALL = ("--seed", "1", "--set", "load.jobs=160", "--set", "load.producers=1")


def test_each_claim_of_a_retry_storm_has_its_row_and_the_verdict_can_be_given_again(
    chaos: Chaos, nothing_left: Callable[[Done], None]
) -> None:
    done = chaos("run", STORM, *SMALL)
    assert done.code == 0, done.out + done.err
    rows = {row["name"]: row for row in done.results["checks"]}
    assert rows["early-retries"] == {
        "name": "early-retries",
        "status": "passed",
        "value": 0,
        "unit": "retries",
        "bound": "at most 0",
        "reasons": [],
    }
    measured = {row["metric"]: row for row in done.results["measurements"]}
    assert measured["duplicates"]["grade"] == "target"
    assert 2.0 < measured["attempts"]["value"] < 3.0
    again = chaos("check", str(done.run), "--output", "json")
    assert again.code == 0
    assert json.loads(again.out)["measurements"] == done.results["measurements"]
    nothing_left(done)


def test_workflows_and_callers_survive_a_fault_of_ones_choice(
    chaos: Chaos, nothing_left: Callable[[Done], None]
) -> None:
    chained = str(shipped_experiments() / "13-chained-workflows.yaml")
    small = ("--seed", "1", "--set", "load.jobs=80", "--set", "load.burst=80", "--set", "load.callers=3")
    fault = "faults=[{fault: kill, target: core, at: 50% of jobs, restart-after: 200ms}]"
    done = chaos("run", chained, *small, "--set", fault)
    assert done.code == 0, done.out + done.err
    rows = {row["name"]: row for row in done.results["checks"]}
    assert rows["steps-out-of-order"]["value"] == 0
    assert rows["loss"]["opportunities"]["missing"] == 80
    assert rows["duplication"]["opportunities"]["double-enqueued"] >= 20
    nothing_left(done)
