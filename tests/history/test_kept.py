"""Kept runs are listed by their results alone; one without says what became of it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.guardian.runs import register
from chaos.history.kept import Choice, State, kept_runs, read_run
from chaos.run_directory import RunDirectory

pytestmark = pytest.mark.alone

Keep = Callable[..., RunDirectory]


def test_the_newest_run_is_the_first(runs: Path, keep: Keep) -> None:
    older, newer = keep(), keep()
    assert [run.name for run in kept_runs(runs)] == [newer.name, older.name]


def test_nothing_is_kept_where_there_is_no_directory(runs: Path) -> None:
    assert kept_runs(runs) == []


def test_what_is_no_run_is_left_out(runs: Path, keep: Keep) -> None:
    kept = keep()
    (runs / "notes").mkdir()
    (runs / "file").touch()
    (runs / ".removing-x").mkdir()
    (runs / "latest").symlink_to(kept.path)
    assert [run.name for run in kept_runs(runs)] == [kept.name]


def test_a_finished_run_says_what_its_results_say(runs: Path, keep: Keep) -> None:
    keep(
        lost=3,
        system={"name": "reseolio"},
        experiment={"file": "a\\b\\crash-recovery.yaml", "profile": "full"},
    )
    [run] = kept_runs(runs)
    assert run.state is State.FINISHED
    assert run.results is not None
    assert (run.results.verdict, run.results.system.name) == ("failed", "reseolio")
    assert (run.experiment, run.results.experiment.profile) == ("crash-recovery", "full")
    assert [(check.name, check.count) for check in run.results.broke_its_word] == [("loss", 3)]


def test_an_interrupted_run_is_told_as_that(keep: Keep) -> None:
    run = read_run(keep(verdict="inconclusive", exit_code=4))
    assert run.state is State.INTERRUPTED
    assert run.results is not None
    assert not run.results.says_something


def test_a_run_that_is_under_way_is_running(runs: Path) -> None:
    directory = RunDirectory.create(runs, "slow")
    register(directory)
    [run] = kept_runs(runs)
    assert (run.state, run.experiment, run.results) == (State.RUNNING, "slow", None)


def test_a_run_whose_runner_died_says_how_it_is_healed(runs: Path, state: Path) -> None:
    directory = RunDirectory.create(runs, "killed")
    register(directory)
    entry = state / "runs" / f"{directory.name}.json"
    registered = json.loads(entry.read_text(encoding="utf-8"))
    registered["runner"]["pid"] = 2**22 + 1
    entry.write_text(json.dumps(registered), encoding="utf-8")
    [run] = kept_runs(runs)
    assert run.state is State.UNFINISHED
    assert "chaos heal" in run.problem


def test_a_run_without_results_says_how_they_are_made(runs: Path) -> None:
    run = read_run(RunDirectory.create(runs, "cut-off"))
    assert run.state is State.UNFINISHED
    assert "chaos check" in run.problem


def test_damaged_results_are_named_with_the_place(keep: Keep) -> None:
    directory = keep()
    results = json.loads(directory.results.read_text(encoding="utf-8"))
    results["system"] = {"name": "reference"}
    directory.results.write_text(json.dumps(results), encoding="utf-8")
    run = read_run(directory)
    assert run.state is State.DAMAGED
    assert "system.version: Field required" in run.problem


def test_results_that_are_cut_off_are_damaged(runs: Path, keep: Keep) -> None:
    directory = keep()
    text = directory.results.read_text(encoding="utf-8")
    directory.results.write_text(text[: len(text) // 2], encoding="utf-8")
    [run] = kept_runs(runs)
    assert run.state is State.DAMAGED


def test_runs_are_chosen_by_experiment_system_and_verdict(runs: Path, keep: Keep) -> None:
    keep(experiment={"file": "crash-recovery.yaml"}, system={"name": "reseolio"}, lost=1)
    keep(experiment={"file": "crash-recovery.yaml"})
    keep()
    RunDirectory.create(runs, "crash-recovery")

    def chosen(**choice: str) -> int:
        return sum(Choice(**choice).holds(run) for run in kept_runs(runs))

    assert chosen() == 4
    assert chosen(experiment="crash-recovery") == 3
    assert chosen(system="reseolio") == 1
    assert chosen(verdict="failed", experiment="crash-recovery") == 1
    assert chosen(verdict="failed", system="reference") == 0


def test_two_thousand_runs_are_listed_in_a_moment(runs: Path, keep: Keep) -> None:
    witness = {"job": 1, "finding": "stuck", "events": [{"at_s": 1.0, "who": "core", "what": "gone"}] * 40}
    first = keep(witnesses=[witness] * 5)
    for number in range(1999):
        directory = runs / f"{first.name[:-6]}{number + 16:06x}"
        directory.mkdir()
        shutil.copyfile(first.results, directory / "results.json")
    began = time.perf_counter()
    assert len(kept_runs(runs)) == 2000
    assert time.perf_counter() - began < 3.0
