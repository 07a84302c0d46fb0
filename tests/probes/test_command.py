from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.probes.scene import answer, probe, silence

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it starts programs of POSIX")


async def test_it_answers_with_the_exit_code_or_the_output() -> None:
    assert await answer(probe("command", run=["sh", "-c", "exit 3"], equals=3)) == 3.0
    assert await answer(probe("command", run=["echo", " 42 "], what="output", at_most=50)) == "42"
    failing = probe("command", shell="echo 42; exit 1", what="output", equals="42")
    assert await silence(failing) == "it exits with 1"


async def test_no_shell_reads_a_program_and_its_arguments_unless_it_is_asked_to() -> None:
    assert (
        await answer(probe("command", run=["echo", "$HOME;", "*"], what="output", equals="x")) == "$HOME; *"
    )
    assert await answer(probe("command", shell="echo 4 | wc -c", what="output", equals=2)) == "2"


async def test_its_words_take_parts_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_WORD", "hidden")
    asked = probe("command", run=["echo", "${env:A_WORD}"], what="output", equals="hidden")
    assert await answer(asked) == "hidden"
    assert "hidden" not in asked.subject


async def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    asked = probe("command", shell=f"sleep 60 & echo $! > {pid_file}; wait", equals=0, within="300ms")
    assert await silence(asked) == "it had not ended after 300ms, and was ended by force"
    pid = int(pid_file.read_text())
    until = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "what it started goes on"


async def test_what_writes_without_end_is_ended() -> None:
    assert "more than 65,536 bytes" in await silence(
        probe("command", run=["yes"], what="output", matches="y")
    )


async def test_what_can_not_be_started_says_so(tmp_path: Path) -> None:
    assert "it can't be started" in await silence(probe("command", run=[str(tmp_path)], equals=0))
