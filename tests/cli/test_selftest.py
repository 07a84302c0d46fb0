"""`chaos selftest`: every planted defect is found under its name, and the correct system passes."""

import subprocess
import sys
from pathlib import Path

import pytest

from chaos.guardian.halting import halt
from chaos.guardian.state import STATE_VARIABLE


def _selftest(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "chaos", "selftest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)


@pytest.mark.timeout(420)
def test_every_defect_is_found_under_its_name(tmp_path: Path) -> None:
    done = _selftest("--runs", str(tmp_path), "--at-once", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
    assert "31/31" in done.stdout


def test_while_runs_are_halted_no_case_is_called_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    halt("the release is on")
    done = _selftest("--runs", str(tmp_path / "runs"))
    assert done.returncode == 2
    assert "runs are halted: the release is on" in done.stderr
    assert "WRONG" not in done.stdout


def test_a_name_that_is_no_defect_is_refused_with_the_nearest(tmp_path: Path) -> None:
    done = _selftest("never-recoverd", "--runs", str(tmp_path))
    assert done.returncode == 2
    assert "Did you mean 'never-recovered'?" in done.stderr
