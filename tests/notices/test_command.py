"""Notices to real programs."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import psutil
import pytest

from chaos.notices.command import Command, CommandSpec
from chaos.notices.delivery import ATTEMPTS, deliver
from chaos.notices.notice import Notice
from chaos.notices.protocol import NotTold
from chaos.secrets import learn
from tests.notices.conftest import NOTICE, SOON_S

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts of a shell")

WITHIN_S = 10.0


def _shell(script: str, within_s: float = WITHIN_S) -> Command:
    return Command(CommandSpec(notifier="command", command=("sh", "-c", script)), within_s)


def test_a_program_finds_the_notice_on_its_standard_input(tmp_path: Path) -> None:
    assert deliver(_shell(f"cat > {tmp_path}/told"), NOTICE, SOON_S).problem is None
    assert Notice.from_json(json.dumps(json.loads((tmp_path / "told").read_text("utf-8")))) == NOTICE


def test_a_secret_in_what_a_program_says_is_blotted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER_KEY", "s3cret-pager")
    learn("${env:PAGER_KEY}")
    delivery = deliver(_shell("echo no: s3cret-pager >&2; exit 1"), NOTICE, SOON_S)
    assert delivery.attempts == ATTEMPTS
    assert delivery.problem == "NotTold: sh exited with 1: no: ***"


def test_a_program_that_is_not_there_is_tried_once() -> None:
    command = Command(CommandSpec(notifier="command", command=("./no-such-program",)))
    delivery = deliver(command, NOTICE, SOON_S)
    assert (delivery.attempts, delivery.problem) == (
        1,
        "CannotTell: ./no-such-program can't be started: No such file or directory",
    )


def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    (tmp_path / "told").touch()
    hanging = f"tail -f {tmp_path}/told & wait"
    with pytest.raises(NotTold, match=r"sh took more than 0\.3 s"):
        _shell(hanging, within_s=0.3).tell(NOTICE)
    until = time.monotonic() + WITHIN_S
    while _mentioned_by_processes(f"{tmp_path}/told"):
        assert time.monotonic() < until, f"what it started goes on after {WITHIN_S} s"
        time.sleep(0.01)


def _mentioned_by_processes(word: str) -> bool:
    return any(word in " ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"]))


def test_a_program_that_leaves_something_running_has_told(tmp_path: Path) -> None:
    delivery = deliver(_shell(f"sleep 600 & echo $! > {tmp_path}/child"), NOTICE, SOON_S)
    psutil.Process(int((tmp_path / "child").read_text("utf-8"))).kill()
    assert (delivery.attempts, delivery.problem) == (1, None)
