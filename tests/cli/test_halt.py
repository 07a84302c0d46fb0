"""`chaos halt` ends every run and lets none start, until `chaos resume`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.guardian.halting import halted
from chaos.guardian.state import STATE_VARIABLE
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import Runner

Run = Callable[..., Runner]


def _chaos(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_runs_are_ended_and_told(run: Run, directory: RunDirectory) -> None:
    runner = run("start")
    result = _chaos("halt", "--reason", "the database is being moved")
    assert result.exit_code == 0
    assert f"{directory.name}: left in good order" in result.output
    assert runner.is_gone()
    mark = halted()
    assert mark is not None
    assert mark.reason == "the database is being moved"


def test_it_is_lifted_by_resume() -> None:
    assert "no run was under way" in _chaos("halt", "--reason", "lunch").output
    result = _chaos("resume")
    assert result.exit_code == 0
    assert "runs may start again; they were halted: lunch (since " in result.output
    assert halted() is None
    assert _chaos("resume").output == "runs were not halted\n"


def test_a_time_without_a_unit_is_refused() -> None:
    result = _chaos("halt", "--within", "3")
    assert result.exit_code == 2
    assert "has no unit" in result.output
    assert halted() is None


def test_what_is_left_is_told(run: Run, directory: RunDirectory) -> None:
    runner = run("ignore")
    (directory.undo / "log.ndjson").write_text("rubbish\n", encoding="utf-8")
    result = _chaos("halt", "--within", "100ms")
    assert result.exit_code == 5
    assert "did not leave within 0.1 s; its runner was killed" in result.output
    assert "log.ndjson, line 1, can't be read" in result.output
    (directory.undo / "log.ndjson").unlink()
    assert _chaos("heal").exit_code == 0
    assert runner.is_gone()


def test_a_mark_that_cannot_be_written_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "file" / "state"))
    result = _chaos("halt")
    assert result.exit_code == 5
    assert "CHAOS_STATE=DIRECTORY" in result.output
