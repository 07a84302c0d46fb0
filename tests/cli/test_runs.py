"""`chaos runs` lists kept runs, and `chaos runs prune` throws old ones away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.run_directory import RUNS_VARIABLE, RunDirectory

Keep = Callable[..., RunDirectory]


@pytest.fixture(autouse=True)
def _kept_there(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNS_VARIABLE, str(runs))


def _chaos(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["runs", *arguments])


def test_a_line_has_the_end_of_the_name_the_verdict_and_the_main_numbers(keep: Keep) -> None:
    name = keep(lost=3, metrics={"acknowledged": 5000, "latency": {"p99": 0.0871}}).name
    result = _chaos()
    assert result.exit_code == 0
    _, line = result.output.splitlines()
    assert line.split() == [
        name[-6:], "2026-02-28", "13:00", "x", "reference", "1", "failed", "1", "3", "s", "5000", "100", "87.1", "ms",
        "3", "0",
    ]  # fmt: skip


def test_runs_are_chosen_and_counted(keep: Keep) -> None:
    kept = [keep(system={"name": "reseolio"}) for _ in range(3)]
    keep()
    chosen = json.loads(_chaos("--system", "reseolio", "--last", "2", "--output", "json").output)
    assert [run["run"] for run in chosen] == [run.name for run in kept[2:0:-1]]
    assert chosen[0]["system"] == {"name": "reseolio", "version": "1", "variant": {}}


def test_of_many_runs_the_newest_are_shown_and_the_others_counted(keep: Keep) -> None:
    for _ in range(53):
        keep()
    lines = _chaos().output.splitlines()
    assert len(lines) == 1 + 50 + 1
    assert lines[-1] == "… and 3 older; --last N shows more"
    assert len(_chaos("--last", "53").output.splitlines()) == 1 + 53
    assert len(json.loads(_chaos("--output", "json").output)) == 53


def test_what_is_wrong_with_a_run_is_told_below(keep: Keep) -> None:
    directory = keep()
    directory.results.write_text("{", encoding="utf-8")
    result = _chaos()
    assert "damaged" in result.output
    assert f"`chaos check {directory}` judges the run anew" in result.output
    [run] = json.loads(_chaos("--output", "json").output)
    assert run["state"] == "damaged"
    assert "verdict" not in run


def test_where_nothing_is_kept_the_place_is_named(runs: Path) -> None:
    assert _chaos().output == f"no such run is kept in {runs}\n"


def test_pruning_says_what_it_removed(keep: Keep, runs: Path) -> None:
    old, new = keep(), keep()
    assert _chaos("prune", "--keep", "1", "--dry-run").output == f"would remove {old.name}\n"
    assert _chaos("prune", "--keep", "1").output == f"removed {old.name}\n"
    assert [path.name for path in runs.iterdir()] == [new.name]
    assert _chaos("prune", "--keep", "1").output == f"nothing to remove in {runs}\n"


def test_pruning_does_not_guess_how_many_to_keep() -> None:
    assert _chaos("prune").exit_code == 2


def test_what_chooses_runs_must_stand_where_it_is_heard(keep: Keep) -> None:
    kept = keep()
    result = _chaos("--experiment", "another", "prune", "--keep", "0")
    assert result.exit_code == 2
    assert "chaos runs prune --experiment" in result.output
    assert kept.path.exists()
