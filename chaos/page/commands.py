"""Commands that the page starts: each is `chaos …` in a session of its own, and goes on when the page is gone."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from chaos.processes.logs import readable
from chaos.processes.own_program import own_program
from chaos.secrets import redacted
from chaos.verdict.results import ExitCode

_SAID_BYTES: Final = 4096
_KEPT: Final = 3
_IN_VAIN: Final = frozenset({ExitCode.WRONG_INPUT, ExitCode.TOOLKIT_FAILED})


@dataclass(frozen=True, eq=False)
class StartedCommand:
    """A command that was started.

    Attributes:
        what: What it is about, for people.
        process: Its process.
        output: What it prints; it is gone with whoever has it open.
    """

    what: str
    process: subprocess.Popen[bytes]
    output: IO[bytes]

    @property
    def is_starting(self) -> bool:
        """Whether it goes on, and has not said anything yet."""
        return self.process.poll() is None and os.fstat(self.output.fileno()).st_size == 0

    @property
    def was_in_vain(self) -> bool:
        """Whether it ended without having done what it is for."""
        return self.process.poll() in _IN_VAIN

    @property
    def said(self) -> str:
        """The last that it printed for people."""
        size = self.output.seek(0, os.SEEK_END)
        self.output.seek(max(0, size - _SAID_BYTES))
        lines = self.output.read().decode("utf-8", errors="replace").splitlines()
        return redacted("\n".join(readable(line) for line in lines if not line.startswith("{")))


class Commands:
    """The commands that were started here, for as long as there is something to tell of them."""

    def __init__(self) -> None:
        self._started: list[StartedCommand] = []
        self._lock = threading.Lock()

    def start(self, what: str, words: Sequence[str]) -> None:
        """Start a command.

        Args:
            what: What it is about, for people.
            words: What `chaos` is called with.

        Raises:
            OSError: It can't be started.
        """
        output = tempfile.TemporaryFile()  # noqa: SIM115 - it is read for as long as there is something to tell
        process = subprocess.Popen(
            own_program("chaos", *words),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with self._lock:
            self._started.append(StartedCommand(what, process, output))

    def shown(self) -> list[dict[str, Any]]:
        """Those that have not said anything yet, and the last that were in vain. For any thread."""
        with self._lock:
            in_vain = [each for each in self._started if each.was_in_vain][-_KEPT:]
            going = [each for each in self._started if each.process.poll() is None]
            self._started = [*in_vain, *going]
        return [
            *({"what": each.what, "starting": True} for each in going if each.is_starting),
            *(
                {"what": each.what, "exit_code": each.process.returncode, "said": each.said}
                for each in in_vain
            ),
        ]
