"""`chaos readiness` says which tier a system has reached, and what each line needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.run_directory import RUNS_VARIABLE, RunDirectory

Keep = Callable[..., RunDirectory]
FIVE = {f"worker-{number}": 200 for number in range(1, 6)}
ENOUGH = {"acknowledged": 1000, "failures": 60, "completed_by": FIVE}


@pytest.fixture(autouse=True)
def _kept_there(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNS_VARIABLE, str(runs))


def _chaos(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["readiness", *arguments])


def _recently(days: int = 1) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def test_a_line_stands_with_its_run_or_with_the_command_that_would_prove_it(keep: Keep) -> None:
    name = keep(metrics=ENOUGH, at=_recently()).name
    result = _chaos()
    assert result.exit_code == 0
    assert "reference 1: minimum" in result.output
    [line] = [line for line in result.output.splitlines() if line.startswith("can handle 1000 jobs")]
    assert ["proven", name[-6:]] == line.split()[5:7]
    assert (
        "next: chaos run experiments/07-crash-recovery.yaml --profile full --system reference"
        in result.output
    )


def test_a_tier_that_is_required_and_not_reached_fails(keep: Keep) -> None:
    keep(metrics=ENOUGH, at=_recently())
    assert _chaos("--require", "minimum").exit_code == 0
    assert _chaos("--require", "production").exit_code == 1


def test_old_proofs_do_not_count(keep: Keep) -> None:
    keep(metrics=ENOUGH, at=_recently(days=8))
    assert _chaos("--require", "minimum", "--stale-after", "9d").exit_code == 0
    assert _chaos("--require", "minimum", "--stale-after", "7d").exit_code == 1


def test_jobs_that_were_lost_are_told_first(keep: Keep) -> None:
    name = keep(lost=6, at=_recently()).name
    lines = _chaos().output.splitlines()
    assert lines[1:3] == ["reference 1: not even minimum", f"  x: loss 6 jobs ({name})"]


def test_each_system_stands_for_itself(keep: Keep) -> None:
    keep(metrics=ENOUGH, at=_recently())
    keep(system={"name": "reseolio"}, at=_recently())
    told = json.loads(_chaos("--output", "json").output)
    assert [(each["system"], each["tier"]) for each in told] == [("reference", "minimum"), ("reseolio", None)]
    assert told[0]["lines"][0]["standing"] == "proven"


def test_without_runs_a_system_must_be_named() -> None:
    assert _chaos().exit_code == 2
    assert "missing" in _chaos("--system", "reference").output
    unknown = _chaos("--system", "referense")
    assert unknown.exit_code == 2
    assert "Did you mean 'reference'?" in unknown.output


def test_each_variant_of_a_system_stands_for_itself(keep: Keep) -> None:
    keep(metrics=ENOUGH, at=_recently())
    keep(system={"variant": {"system.storage": "postgres", "system.cores": "2"}}, at=_recently())
    keep(system={"variant": None}, at=_recently())
    heads = [line for line in _chaos().output.splitlines() if line.startswith("reference")]
    assert heads == [
        "reference 1: minimum",
        "reference 1 (its variant is not told): not even minimum",
        "reference 1 (storage=postgres, cores=2): not even minimum",
    ]
    assert _chaos("--system", "reference", "--require", "minimum").exit_code == 0
    two_cores = ("--system", "reference", "--variant", "storage=postgres, cores=2")
    assert "next: chaos run" in _chaos(*two_cores).output
    assert _chaos(*two_cores, "--require", "minimum").exit_code == 1


def test_a_variant_that_no_run_is_kept_of_is_refused_with_those_that_there_are(keep: Keep) -> None:
    keep(system={"variant": {"system.storage": "postgres"}}, at=_recently())
    result = _chaos("--system", "reference", "--variant", "storage=mysql")
    assert (result.exit_code, result.output) == (
        2,
        "no run is kept of the variant 'storage=mysql' of this system. There are: storage=postgres\n",
    )
    assert "--variant needs --system" in _chaos("--variant", "storage=postgres").output
