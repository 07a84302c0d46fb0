"""Starting `chaos run` as a process of its own, in a session of its own, so that no terminal's Ctrl-C reaches it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

from chaos.launching.launch import GO
from chaos.processes.identity import ProcessIdentity
from chaos.processes.own_program import own_program

ENDS_WITHIN_S: Final = 60.0
"""How long a run has to undo what it changed, before its process is ended by force."""


class LaunchedRun:
    """A `chaos run` under way. What it prints is kept in a file."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(
        cls, arguments: Sequence[str], directory: Path, log: Path, record: Callable[[ProcessIdentity], None]
    ) -> Self:
        """Start it, and let it go once its process is written down.

        Args:
            arguments: What follows `chaos`.
            directory: Where it runs.
            log: What it prints goes there; its directory must be there.
            record: Writes the process down. If this raises, the process ends without having done anything.

        Raises:
            OSError: It can't be started.
        """
        with log.open("wb") as output:
            process = subprocess.Popen(
                own_program("chaos.launching.launch", *arguments),
                cwd=directory,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert process.stdin is not None  # it is a pipe
        with (
            contextlib.suppress(BrokenPipeError),
            process.stdin,
        ):  # broken: it is dead, and its exit code tells
            record(ProcessIdentity.of(process.pid))
            process.stdin.write(GO.encode())
        return cls(process)

    def exit_code(self) -> int | None:
        """The code it ended with; None while it runs."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        """Ask it to undo everything and leave. Harmless once it has."""
        if self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """Ask it to leave, and wait until it has; by force if it does not, which its guardian notices."""
        self.ask_to_end()
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
