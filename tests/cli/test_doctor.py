from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from chaos import diagnosis
from chaos.cli import main
from chaos.diagnosis import Diagnosis


def test_this_machine_can_run_the_reference_system(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["doctor", "--output", "json", "--runs", str(tmp_path / "runs")])
    assert result.exit_code == 0, result.output
    found = {one["feature"]: one for one in json.loads(result.output)}
    assert found["system reference"]["works"]
    assert found["process faults"]["works"]
    assert found["loopback ports"]["works"]
    assert not (tmp_path / "runs").exists()


def test_where_no_terminal_is_each_feature_is_a_plain_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["doctor", "--runs", str(tmp_path)])
    lines = result.output.splitlines()
    assert any(line.startswith("ok       process faults: by ") for line in lines)
    assert "\x1b" not in result.output


def test_a_missing_essential_ends_with_2_and_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Diagnosis("clock", False, "it stands still", "wind it up", essential=True)
    monkeypatch.setattr(diagnosis, "diagnose", lambda _: iter([missing]))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 2
    assert "missing  clock: it stands still" in result.output
    assert "to mend it: wind it up" in result.output


def test_what_only_some_experiments_need_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = Diagnosis("ledger as Parquet", False, "pyarrow is not installed", "pip install it")
    monkeypatch.setattr(diagnosis, "diagnose", lambda _: iter([lacking]))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert "lacking  ledger as Parquet" in result.output


def test_a_directory_of_runs_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["doctor", "--runs", str(tmp_path / "file" / "runs")])
    assert result.exit_code == 2
    assert "missing  directory of runs" in result.output
    assert "CHAOS_RUNS" in result.output


@pytest.mark.parametrize("room", [10, 10**12])
def test_a_disk_with_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    class Usage:
        free = room

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
    result = CliRunner().invoke(main, ["doctor", "--runs", str(tmp_path)])
    assert result.exit_code == (2 if room == 10 else 0)
