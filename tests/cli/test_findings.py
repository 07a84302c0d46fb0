"""`chaos findings` writes what kept runs found."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.verdict.results import ExitCode
from tests.report.kept import kept_run


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    kept_run(runs / "20260102T030405Z-kill-aaaaaa", lost=True)
    kept_run(runs / "20260102T030505Z-kill-bbbbbb")
    return runs


def findings(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["findings", *map(str, arguments)])


def test_all_kept_runs_are_taken(kept: Path) -> None:
    result = findings("--runs", kept)
    assert result.exit_code == 0
    assert result.output.startswith("# What 2 runs found in reference 1.0\n")
    assert "| kill | as by default | 1 of 2 |" in result.output


def test_runs_can_be_named_and_the_report_written_to_a_file(kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "findings.md"
    result = findings("bbbbbb", "--runs", kept, "--output", file)
    assert result.output == f"wrote {file}\n"
    assert file.read_text(encoding="utf-8").startswith("# What 1 run found")


def test_a_run_that_says_nothing_is_left_out_by_name(kept: Path, tmp_path: Path) -> None:
    broken = tmp_path / "20260102T030605Z-kill-cccccc"
    (broken / "ledger").mkdir(parents=True)
    result = findings(broken, kept / "20260102T030505Z-kill-bbbbbb")
    assert result.exit_code == 0
    assert f"left out: {broken.name}: " in result.stderr


def test_nothing_to_tell_is_refused(tmp_path: Path) -> None:
    result = findings("--runs", tmp_path)
    assert result.exit_code == ExitCode.WRONG_INPUT
    assert "none of these runs says anything" in result.stderr
