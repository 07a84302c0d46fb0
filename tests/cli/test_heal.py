"""`chaos heal` says for each run what was undone, ended or left, and its exit code says whether anything is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from chaos.cli import main
from chaos.guardian.lock import RunLock
from chaos.guardian.runs import register
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import Runner

Run = Callable[..., Runner]


def _heal(*runs: str) -> Result:
    return CliRunner().invoke(main, ["heal", *runs])


def _dead(run: Run) -> Runner:
    """A run that has lost its runner and its guardian, and left a paused process."""
    runner = run("start", "pause", "stop")
    runner.process("guardian").kill()
    runner.child.kill()
    runner.child.wait()
    return runner


def test_where_nothing_is_left_nothing_is_done() -> None:
    result = _heal()
    assert (result.exit_code, result.output) == (0, "there is nothing to heal\n")


def test_what_the_dead_have_left_is_undone_and_told(run: Run, directory: RunDirectory) -> None:
    runner = _dead(run)
    result = _heal()
    assert result.exit_code == 0, result.output
    assert f"{directory}: nothing is left" in result.output
    assert f"undone: pause: let core (process {runner.pids['core']}) go on" in result.output
    assert f"(process {runner.pids['core']})" in result.output.partition("ended:")[2]
    assert runner.is_gone()


def test_one_run_can_be_named_by_its_directory_or_its_name(run: Run, directory: RunDirectory) -> None:
    runner = _dead(run)
    assert _heal(directory.name).exit_code == 0
    assert runner.is_gone()
    assert "nothing is left" in _heal(str(directory.path)).output


def test_a_run_that_goes_on_is_left_alone(run: Run, directory: RunDirectory) -> None:
    runner = run("start")
    assert _heal().output == "there is nothing to heal\n"
    result = _heal(directory.name)
    assert result.exit_code == 2
    assert (
        "is still running, or is being healed: nothing was done; `chaos halt` ends every run" in result.output
    )
    assert runner.child.poll() is None


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    result = _heal(str(tmp_path))
    assert result.exit_code == 2
    assert "is no run that can be healed" in result.output


def test_what_is_left_is_told_with_what_mends_it(directory: RunDirectory) -> None:
    (directory.undo / "log.ndjson").write_text("rubbish\n", encoding="utf-8")
    result = _heal(str(directory.path))
    assert result.exit_code == 5
    assert "something is left" in result.output
    assert "left:   " in result.output
    assert "log.ndjson, line 1, can't be read" in result.output


def test_a_broken_entry_of_the_registry_is_told(state: Path) -> None:
    (state / "runs").mkdir(parents=True)
    (state / "runs" / "broken.json").write_text("{", encoding="utf-8")
    result = _heal()
    assert "broken.json names no run" in result.output


def test_a_run_that_was_removed_by_hand_is_told_once(directory: RunDirectory) -> None:
    register(directory)
    shutil.rmtree(directory.path)
    assert "is gone, and with it the record" in _heal(directory.name).output
    assert _heal().output == "there is nothing to heal\n"


def test_healing_does_not_wait_for_a_runner_that_lives(directory: RunDirectory) -> None:
    register(directory)
    lock = RunLock(directory)
    lock.acquire()
    assert _heal(directory.name).exit_code == 2
    lock.release()
