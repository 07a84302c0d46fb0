"""`chaos compare` says what got better or worse beyond noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.run_directory import RUNS_VARIABLE, RunDirectory
from tests.history.conftest import measured

Keep = Callable[..., RunDirectory]


@pytest.fixture(autouse=True)
def _kept_there(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNS_VARIABLE, str(runs))


def _chaos(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments])


def test_a_regression_is_told_with_its_noise_and_fails_if_asked(keep: Keep) -> None:
    first = keep(measurements=[measured("throughput", 100.0)]).name
    keep(measurements=[measured("throughput", 80.0)])
    result = _chaos(first[-6:], "latest")
    assert result.exit_code == 0
    [line] = [line for line in result.output.splitlines() if line.startswith("throughput")]
    assert line.split() == ["throughput,", "jobs/s", "100", "80", "worse", "±10", "(10%,", "declared)"]
    assert "1 worse, 3 the same beyond noise, of 4 compared" in result.output
    assert _chaos(first[-6:], "latest", "--fail-on-regression").exit_code == 1


def test_the_threshold_is_declared(keep: Keep) -> None:
    first = keep(measurements=[measured("throughput", 100.0)]).name
    keep(measurements=[measured("throughput", 80.0)])
    arguments = (first, "latest", "--fail-on-regression", "--threshold")
    assert _chaos(*arguments, "30%").exit_code == 0
    refused = _chaos(*arguments, "30")
    assert refused.exit_code == 2
    assert "has no unit" in refused.output


def test_several_runs_are_each_compared_with_the_first(keep: Keep) -> None:
    names = [keep(lost=lost).name for lost in (0, 0, 5)]
    compared = json.loads(_chaos(*names, "--output", "json").output)
    assert [(each["other"], each["regressions"]) for each in compared] == [(names[1], 0), (names[2], 3)]
    assert compared[1]["lines"][0] == {
        "about": "verdict", "name": "verdict", "before": "passed", "after": "failed", "change": "worse", "unit": "",
        "noise": None, "note": "a reason",
    }  # fmt: skip


def test_a_run_that_can_not_be_compared_is_refused(keep: Keep, runs: Path) -> None:
    keep()
    running = RunDirectory.create(runs, "x").name
    result = _chaos("latest", running)
    assert result.exit_code == 2
    assert f"{running} is unfinished" in result.output
    assert _chaos("latest", "nothing").exit_code == 2
