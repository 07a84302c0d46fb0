"""`chaos report`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.verdict.results import ExitCode
from tests.report.kept import kept_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_run(tmp_path_factory.mktemp("runs") / "run", lost=True).directory.path


def report(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


def test_it_makes_what_every_run_writes_again(run: Path) -> None:
    result = report(run)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"wrote {run}/{name}" for name in ("report.html", "results.json", "junit.xml")
    ]
    assert json.loads((run / "results.json").read_text(encoding="utf-8"))["verdict"] == "failed"


def test_one_format_goes_where_it_is_wanted(run: Path, tmp_path: Path) -> None:
    assert report(run, "--format", "markdown", "--output", tmp_path / "pull.md").exit_code == 0
    assert (tmp_path / "pull.md").read_text(encoding="utf-8").startswith("## ❌ Failed")
    assert report(run, "--format", "markdown", "--output", "-").output.startswith("## ❌ Failed")


def test_a_format_that_nobody_knows_is_refused_with_the_nearest(run: Path) -> None:
    result = report(run, "--format", "htm")
    assert result.exit_code == ExitCode.WRONG_INPUT
    assert "no report format is called 'htm'. Did you mean 'html'?" in result.output


def test_an_output_without_a_format_is_refused(run: Path) -> None:
    result = report(run, "--output", "x")
    assert result.exit_code == ExitCode.WRONG_INPUT
    assert "--output needs --format" in result.output


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    result = report(tmp_path)
    assert result.exit_code == ExitCode.WRONG_INPUT
    assert "is not a run's directory" in result.output


def test_a_place_that_cant_be_written_is_told(run: Path, tmp_path: Path) -> None:
    result = report(run, "--format", "junit", "--output", tmp_path / "nowhere" / "junit.xml")
    assert result.exit_code == ExitCode.TOOLKIT_FAILED
    assert "can't be written: No such file or directory" in result.output
