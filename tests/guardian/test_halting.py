"""A halt ends what runs, in good order where that goes, and lets nothing start until it is lifted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.guardian.halting import end_runs, halt, halted, resume
from chaos.guardian.lock import comes_free
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import Runner

Run = Callable[..., Runner]


def test_runs_are_halted_until_they_are_resumed() -> None:
    assert halted() is None
    mark = halt("lunch")
    assert halted() == mark
    assert mark.reason == "lunch"
    assert resume() == mark
    assert halted() is None
    assert resume() is None


def test_a_mark_that_cannot_be_read_still_halts(state: Path) -> None:
    halt("lunch")
    (state / "halted").write_text("{", encoding="utf-8")
    mark = halted()
    assert mark is not None
    assert "can't be read" in mark.reason


def test_a_run_is_asked_to_leave(run: Run, directory: RunDirectory) -> None:
    runner = run("start")
    assert [(ended.name, ended.how, ended.left) for ended in end_runs(10)[0]] == [
        (directory.name, "left in good order", ())
    ]
    assert runner.child.wait(5) == 0
    assert runner.is_gone()


def test_a_run_that_does_not_leave_is_ended_by_force(run: Run) -> None:
    for steps in (("start", "ignore"), ("start", "pause", "stop")):
        runner = run(*steps)
        ((ended,), problems) = end_runs(0.2)
        assert ended.how.startswith("did not leave within 0.2 s; its runner was killed")
        assert (ended.left, problems) == ((), [])
        assert runner.child.wait(5) == -9
        assert runner.is_gone()
        runner.end()


def test_a_run_that_had_lost_both_runner_and_guardian_is_healed(run: Run) -> None:
    runner = run("start", "pause", "stop")
    runner.process("guardian").kill()
    runner.child.kill()
    ((ended,), _) = end_runs(10)
    assert ended.how == "was over, and not healed, and what it left was undone"
    assert runner.is_gone()


def test_runs_have_their_time_together_not_one_after_the_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        run("ignore", where=RunDirectory.create(tmp_path / "runs", f"run {number}"))
    times_s: list[float] = []

    def noted(directory: RunDirectory, within_s: float) -> bool:
        times_s.append(within_s)
        return comes_free(directory, within_s)

    monkeypatch.setattr("chaos.guardian.halting.comes_free", noted)
    end_runs(0.3)
    assert 0 < times_s[0] <= 0.3
    assert times_s[1:] == [0.0, 0.0]


def test_where_nothing_runs_nothing_is_ended() -> None:
    assert end_runs(10) == ([], [])
