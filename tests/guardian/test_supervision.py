"""A run is guarded from its start to its end, and whoever dies, nothing of it is left."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from chaos.guardian.halting import halt
from chaos.guardian.lock import RunLock, comes_free
from chaos.guardian.runs import is_registered, registered
from chaos.guardian.state import STATE_VARIABLE
from chaos.guardian.supervision import Guardian, GuardianFailed, HaltedError
from chaos.processes.tree import is_alive
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import Family, Runner, stop, until

Run = Callable[..., Runner]


def _account(directory: RunDirectory) -> dict[str, Any]:
    """What the last one who healed the run has done."""
    lines = (directory.undo / "log.ndjson").read_text(encoding="utf-8").splitlines()
    return dict(json.loads(lines[-1])["healed"])


def test_a_guarded_run_is_registered_and_holds_its_lock(run: Run, directory: RunDirectory) -> None:
    runner = run()
    ((known,), problems) = registered()
    assert (known.directory, known.runner.pid, problems) == (directory, runner.child.pid, [])
    assert not comes_free(directory)
    assert is_alive(runner.process("guardian"))


def test_a_run_that_leaves_dismisses_its_guardian(run: Run) -> None:
    runner = run("start")
    runner.child.terminate()
    assert runner.said() == "left [] False"
    assert runner.child.wait(5) == 0
    assert runner.is_gone()


@pytest.mark.parametrize("steps", [("start",), ("start", "pause"), ("start", "stop"), ()])
def test_a_killed_runner_leaves_nothing(run: Run, steps: tuple[str, ...]) -> None:
    runner = run(*steps)
    runner.child.kill()
    until(runner.is_gone)


def test_what_the_guardian_did_is_kept(run: Run, directory: RunDirectory) -> None:
    runner = run("start", "pause")
    pid = runner.pids["core"]
    runner.child.kill()
    until(runner.is_gone)
    account = _account(directory)
    assert account["by"] == "the guardian"
    assert account["undone"] == [f"pause: let core (process {pid}) go on"]
    assert len(account["ended"]) == 1
    assert "the runner is gone" in (directory.logs / "guardian.log").read_text(encoding="utf-8")


def test_a_run_whose_guardian_is_killed_hears_of_it_and_can_still_leave(run: Run) -> None:
    runner = run("start")
    runner.process("guardian").kill()
    assert runner.said() == "left [] True"
    assert runner.child.wait(5) == 0
    assert runner.is_gone()


def test_what_ends_everybody_does_not_end_the_guardian(run: Run) -> None:
    runner = run()
    guardian = runner.process("guardian")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        guardian.send_signal(number)
    runner.child.kill()
    until(runner.is_gone)


def test_a_run_whose_guardian_hangs_can_still_leave(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.guardian.supervision._SWEPT_WITHIN_S", 0.1)

    async def play() -> list[str]:
        pids: list[int] = []
        guardian = Guardian(directory, lambda event: pids.append(getattr(event, "pid", 0)))
        await guardian.start()
        stop(psutil.Process(pids[0]))
        return await guardian.dismiss()

    assert asyncio.run(play()) == []
    assert comes_free(directory)
    assert not is_registered(directory.name)


def test_the_last_look_ends_and_tells_what_was_forgotten(directory: RunDirectory, family: Family) -> None:
    forgotten = family.start()

    async def play() -> list[str]:
        guardian = Guardian(directory, lambda _: None)
        await guardian.start()
        return await guardian.dismiss()

    (told,) = asyncio.run(play())
    assert told == f"{forgotten.name()} (process {forgotten.pid}) was still running, and was ended"


def _start(directory: RunDirectory) -> None:
    asyncio.run(Guardian(directory, lambda _: None).start())


def test_no_run_starts_while_runs_are_halted(directory: RunDirectory) -> None:
    halt("the database is being moved")
    with pytest.raises(HaltedError, match=r"the database is being moved \(since .*`chaos resume`"):
        _start(directory)
    assert not is_registered(directory.name)
    assert comes_free(directory)


def test_a_run_that_somebody_else_holds_is_not_started(directory: RunDirectory) -> None:
    lock = RunLock(directory)
    lock.acquire()
    with pytest.raises(GuardianFailed, match=r"can't be guarded: .* is still running"):
        _start(directory)
    lock.release()


def test_a_run_that_cannot_be_registered_is_not_started(
    directory: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "file" / "state"))
    with pytest.raises(GuardianFailed, match="CHAOS_STATE=DIRECTORY"):
        _start(directory)
    assert comes_free(directory)


def test_a_guardian_that_cannot_start_is_told_in_its_own_words(
    directory: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no memory >&2; exit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(broken))
    with pytest.raises(GuardianFailed, match=r"ended \(exit 3\) before it said 'ready'[^$]*no memory"):
        _start(directory)
    assert comes_free(directory)
    assert not is_registered(directory.name)


def test_a_waiting_guardian_is_small(run: Run) -> None:
    memory = run().process("guardian").memory_full_info()
    assert getattr(memory, "pss", memory.uss) < 15_000_000
