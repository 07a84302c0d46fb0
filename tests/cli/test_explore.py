"""`chaos explore`: what can't be explored is refused before anything starts."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from chaos.cli import main

EXPERIMENT = """\
title: t
system: reference
load: {jobs: 2000, rate: 400/s, workers: {count: 0}}
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
