"""Notices to a program."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from typing import IO

from pydantic import Field

from chaos.notices.notice import Notice
from chaos.notices.protocol import CannotTell, Notifier, NotifierSpec, NotTold

_TOLD_CHARACTERS = 200
_READ_BYTES = 4096


class CommandSpec(NotifierSpec):
    """An entry with `notifier: command`."""

    command: tuple[str, ...] = Field(
        min_length=1,
        description="the program and its arguments; no shell reads them",
        examples=[["./tell-us", "--channel", "queue"]],
    )


class Command(Notifier[CommandSpec]):
    """The notice as JSON on the program's standard input. Its exit code 0 says that it told people.

    Files stand between it and us, and no pipes: what it leaves running may keep them open as long as it likes.
    """

    spec_model = CommandSpec

    def tell(self, notice: Notice) -> None:
        program = self.spec.command[0]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(notice.to_json().encode())
            given.seek(0)
            try:
                process = subprocess.Popen(
                    self.spec.command,
                    stdin=given,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                raise CannotTell(f"{program} can't be started: {error.strerror}") from error
            try:
                code = process.wait(self.within_s)
            except subprocess.TimeoutExpired as error:
                _end(process)
                raise NotTold(f"{program} took more than {self.within_s:g} s") from error
            if code:
                raise NotTold(f"{program} exited with {code}: {_last(said)}")


def _last(said: IO[bytes]) -> str:
    """The last of what it said, however much that is."""
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _READ_BYTES))
    return said.read().decode(errors="replace").strip()[-_TOLD_CHARACTERS:]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it by force, with all that it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):  # it has ended just now
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
