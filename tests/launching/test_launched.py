"""A launched run is written down before it does anything, and ended when it is asked to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaos.launching.launch import GO
from chaos.launching.launched import LaunchedRun
from chaos.processes.identity import ProcessIdentity
from chaos.processes.tree import is_alive

WITHIN_S = 60.0


def _code_of(run: LaunchedRun) -> int:
    code = run._process.wait(WITHIN_S)
    assert run.exit_code() == code
    return code


def test_it_runs_what_it_is_told_and_keeps_what_that_prints(tmp_path: Path) -> None:
    recorded: list[ProcessIdentity] = []
    run = LaunchedRun.start(["--version"], tmp_path, tmp_path / "log", recorded.append)
    assert _code_of(run) == 0
    assert "version" in (tmp_path / "log").read_text(encoding="utf-8")
    assert len(recorded) == 1


def test_it_does_nothing_before_it_is_written_down(tmp_path: Path) -> None:
    def record(_process: ProcessIdentity) -> None:
        assert (tmp_path / "log").read_bytes() == b""
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        LaunchedRun.start(["--version"], tmp_path, tmp_path / "log", record)
    assert (tmp_path / "log").read_bytes() == b""


@pytest.mark.parametrize("word", ["", "g", "stop\n"])
def test_without_the_word_it_ends_without_having_done_anything(word: str) -> None:
    waiting = [sys.executable, "-m", "chaos.launching.launch", "--version"]
    ended = subprocess.run(waiting, input=word, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (4, "", "")
    told = subprocess.run(waiting, input=GO, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert (told.returncode, "version" in told.stdout) == (0, True)


def test_one_that_dies_while_it_is_written_down_is_told_by_its_exit_code(tmp_path: Path) -> None:
    def record(process: ProcessIdentity) -> None:
        found = process.find()
        assert found is not None
        found.kill()
        until = time.monotonic() + WITHIN_S
        while is_alive(found):
            assert time.monotonic() < until, f"a process that was killed is there after {WITHIN_S} s"
            time.sleep(0.01)

    run = LaunchedRun.start(["--version"], tmp_path, tmp_path / "log", record)
    assert _code_of(run) == -signal.SIGKILL


def test_asking_one_that_has_ended_to_end_does_no_harm(tmp_path: Path) -> None:
    run = LaunchedRun.start(["--version"], tmp_path, tmp_path / "log", lambda _process: None)
    assert _code_of(run) == 0
    run.ask_to_end()
    run.end()
    assert run.exit_code() == 0
