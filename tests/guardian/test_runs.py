"""Who is running is known to every command of this user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chaos.guardian.runs import is_registered, register, registered, unregister
from chaos.guardian.state import STATE_VARIABLE, StateUnwritable
from chaos.processes.identity import ProcessIdentity
from chaos.run_directory import RunDirectory


def test_a_registered_run_is_found_with_its_runner(directory: RunDirectory) -> None:
    register(directory)
    (run,), problems = registered()
    assert (run.directory, run.runner, problems) == (directory, ProcessIdentity.of(os.getpid()), [])
    assert is_registered(directory.name)


def test_an_unregistered_run_is_not_found(directory: RunDirectory) -> None:
    register(directory)
    unregister(directory.name)
    unregister(directory.name)
    assert registered() == ([], [])
    assert not is_registered(directory.name)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"directory": "/tmp/x", "runner": {"pid": 1}}', "\x00"])
def test_a_broken_entry_is_told_and_hides_no_other(directory: RunDirectory, state: Path, text: str) -> None:
    register(directory)
    broken = state / "runs" / "broken.json"
    broken.write_text(text, encoding="utf-8")
    runs, (problem,) = registered()
    assert [run.name for run in runs] == [directory.name]
    assert str(broken) in problem


def test_an_entry_that_is_being_written_is_no_run(directory: RunDirectory, state: Path) -> None:
    register(directory)
    (state / "runs" / ".half.json.17").write_text("{", encoding="utf-8")
    runs, problems = registered()
    assert (len(runs), problems) == (1, [])


def test_a_place_that_cannot_be_written_is_named_with_the_variable_that_moves_it(
    directory: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "file" / "state"))
    with pytest.raises(StateUnwritable, match=r"Not a directory.*CHAOS_STATE=DIRECTORY"):
        register(directory)
