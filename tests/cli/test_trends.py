"""`chaos trends` shows a metric over all kept runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.cli.trends import sparkline
from chaos.run_directory import RUNS_VARIABLE, RunDirectory
from tests.history.conftest import measured

Keep = Callable[..., RunDirectory]


@pytest.fixture(autouse=True)
def _kept_there(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNS_VARIABLE, str(runs))


def _chaos(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["trends", *arguments])


def test_a_series_has_a_line_of_bars_and_marks_what_is_worse(keep: Keep) -> None:
    for value in (100.0, 101.0, 99.0, 60.0):
        keep(measurements=[measured("throughput", value, grade="target")])
    result = _chaos("throughput", "--system", "reference")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[1] == "throughput, x on reference, here"
    assert lines[2] == "███▁  60 to 101 jobs/s, 4 of 4 runs"
    assert "worse, noise ±" in lines[-1]
    assert "worse" not in "".join(lines[:-1])


def test_the_newest_are_shown(keep: Keep) -> None:
    for value in range(5):
        keep(measurements=[measured("throughput", 100.0 + value)])
    assert "103 to 104 jobs/s, 2 of 5 runs" in _chaos("throughput", "--last", "2").output


def test_programs_get_every_point(keep: Keep) -> None:
    name = keep(measurements=[measured("throughput", 100.0, uncertainty=2.0)]).name
    [series] = json.loads(_chaos("throughput", "--output", "json").output)
    assert series["points"][0]["run"] == name
    assert (series["points"][0]["value"], series["points"][0]["uncertainty"]) == (100.0, 2.0)


def test_an_unknown_metric_is_refused(keep: Keep) -> None:
    keep(measurements=[measured("throughput", 100.0)])
    result = _chaos("throughputt")
    assert result.exit_code == 2
    assert "Did you mean 'throughput'?" in result.output


def test_bars_reach_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0.0, 3.5, 7.0]) == "▁▅█"
    assert len(set(sparkline([5.0, 5.0]))) == 1
