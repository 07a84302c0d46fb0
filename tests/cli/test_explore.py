"""`chaos explore`: what can't be explored is refused before anything starts; what is, is told run by run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from chaos.cli import main

EXPERIMENT = """\
title: t
system: reference
load: {jobs: 2000, rate: 400/s, workers: {count: 0}}
"""


SMALL = """\
title: A small load
system: reference
load:
  jobs: 300
  rate: 200/s
  workers: {count: 2, concurrency: 8}
  job: {duration: 10ms, timeout: 2s, max-delay: 500ms}
"""


def explored(directory: Path, *arguments: str) -> Result:
    file = directory / "experiment.yaml"
    file.write_text(EXPERIMENT)
    into = directory / "runs"
    result = CliRunner().invoke(main, ["explore", str(file), "--into", str(into), *arguments])
    assert not into.exists()
    return result


def test_faults_that_the_load_has_nobody_for_are_wrong_input(tmp_path: Path) -> None:
    result = explored(tmp_path, "--fault", "disconnect")
    assert result.exit_code == 2
    assert "disconnect: there are only 0 of workers" in result.output


def test_an_unknown_fault_is_refused_with_the_nearest(tmp_path: Path) -> None:
    result = explored(tmp_path, "--fault", "laten")
    assert result.exit_code == 2
    assert "Did you mean 'latency'?" in result.output


def explore(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What comes of exploring with a small load, as a command of its own."""
    (place / "experiment.yaml").write_text(SMALL, encoding="utf-8")
    command = [sys.executable, "-P", "-m", "chaos", "explore", "experiment.yaml", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=90)


def test_a_run_that_fails_is_told_with_what_it_drew_why_and_how_it_is_repeated(tmp_path: Path) -> None:
    impossible = ("--set", "verify.recovery.drained=1ms")
    done = explore(
        tmp_path, "--runs", "1", "--seed", "3", "--fault", "pause", "--into", "my runs", *impossible
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("seed 3: failed        1-pause")
    assert "recovery: drained after" in done.stdout
    (kept,) = (tmp_path / "my runs").iterdir()
    assert f"repeat it: chaos run '{kept / 'experiment.yaml'}'" in done.stdout
    assert "1 runs over 1 kinds of faults (pause)\n1 failed\n" in done.stdout


def test_a_rehearsal_tells_the_schedules_and_runs_nothing(tmp_path: Path) -> None:
    done = explore(tmp_path, "--runs", "2", "--seed", "7", "--fault", "kill", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("would break:") == 2
    assert not (tmp_path / "runs").exists()
