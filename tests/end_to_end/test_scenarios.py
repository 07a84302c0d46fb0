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
