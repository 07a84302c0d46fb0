"""`chaos gameday` as a real process: at a terminal of its own, with a pipe, or with nobody."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chaos.gamedays.kept import KeptGameday, find_gameday

CHAOS = (sys.executable, "-m", "chaos", "gameday")
WITHIN_S = 90.0

QUICK = """\
title: Quick
system: reference
load: {jobs: 60, rate: 60/s, workers: {count: 1, concurrency: 4}, job: {duration: 1ms}}
verify: {guarantee: at-least-once, loss: 0}
"""
LONG = QUICK.replace("jobs: 60", "jobs: 6000")
TALK = """\
title: Talk
purpose: To be tested.
steps:
  - {title: First, gate: person, do: Open the dashboards.}
  - {title: Second, gate: person, do: Close them.}
"""
RUN_QUICK = """\
title: Quick
purpose: To be tested.
steps:
  - {title: Only, expect: It passes., run: quick.yaml}
"""
RUN_LONG = RUN_QUICK.replace("quick.yaml", "long.yaml")


class AtTerminal:
    """A `chaos gameday` whose terminal is held by the test."""

    def __init__(self, place: Path, *arguments: str) -> None:
        self.screen = ""
        self._mine, theirs = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, *CHAOS, *arguments],
            cwd=place,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def type(self, text: str | bytes) -> None:
        os.write(self._mine, text.encode() if isinstance(text, str) else text)

    def shows(self, text: str, within_s: float = WITHIN_S) -> None:
        """Wait until this stands on the screen, after what was waited for before."""
        end = time.monotonic() + within_s
        while text not in self.screen:
            ready, _, _ = select.select([self._mine], [], [], max(0.0, end - time.monotonic()))
            chunk = b""
            if ready:
                with suppress(OSError):  # the last holder of the other end has closed it
                    chunk = os.read(self._mine, 4096)
            assert chunk, f"{text!r} was never shown; there stands:\n{self.screen}"
            self.screen += chunk.decode(errors="replace")
        self.screen = self.screen.partition(text)[2]

    def close(self) -> None:
        """Close the terminal, as somebody who closes its window."""
        with suppress(OSError):
            os.close(self._mine)

    def ends_with(self) -> int:
        return self.process.wait(WITHIN_S)


_AT_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""What makes the terminal that of the process, so that Ctrl-C and its closing reach it."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with gamedays and their experiments."""
    files = {"quick": QUICK, "long": LONG, "talk": TALK, "run-quick": RUN_QUICK, "run-long": RUN_LONG}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def terminals() -> Iterator[list[AtTerminal]]:
    opened: list[AtTerminal] = []
    yield opened
    for each in opened:
        each.close()
        if each.process.poll() is None:
            each.process.send_signal(signal.SIGTERM)
            each.process.wait(WITHIN_S)


def chaos(
    place: Path, *arguments: str | bytes, typed: str = "", **options: Any
) -> subprocess.CompletedProcess[str]:
    """A `chaos gameday` that reads a pipe."""
    return subprocess.run(
        [*CHAOS, *arguments],
        cwd=place,
        input=typed,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
        **options,
    )


def newest(place: Path) -> KeptGameday:
    return find_gameday(place / "runs", None)
