"""A small file system of a component's own, made without touching the machine's.

Linux gives a process a private view of what is mounted where (a mount namespace). A process of the run, the holder,
makes such a view, mounts a file system in memory over the component's data directory there, and waits. The component
is started inside that view; nobody outside sees any of it. When the holder and the component are gone, however they
went, the kernel takes view and file system away: there is nothing to unmount.

Whoever is not root makes the view within a user namespace, where Linux allows that.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from chaos.ledger.events import Event
from chaos.processes.account import is_root
from chaos.processes.component import Component
from chaos.processes.errors import ProcessError, ProcessGoneError
from chaos.processes.identity import ProcessIdentity
from chaos.processes.tree import is_alive

LEAST_BYTES: Final = 1024 * 1024
"""The smallest file system that is worth making: a database takes some hundred KiB before it holds anything."""

_MOUNTED_WITHIN_S: Final = 5.0
_TRIED_WITHIN_S: Final = 10.0

_MOUNT: Final = 'mount -t tmpfs -o "$1" chaos-disk "$2"'
_HOLD: Final = f"{_MOUNT} && echo mounted && exec cat >/dev/null"
"""Mounts, says so, and waits for the end of its standard input, which is the end of the run."""

_ENTER: Final = 'cd "$0" && exec "$@"'
"""Entering a view moves a process to the root directory; this takes it back to where it was."""


class OwnDiskHolder:
    """Keeps a component's own file system there, from `start` to `stop`."""

    def __init__(self) -> None:
        self._holder: Component | None = None
        self._data = Path()

    async def start(
        self, component: str, data: Path, size_bytes: int, log_path: Path, record: Callable[[Event], None]
    ) -> None:
        """Make a file system over a component's data directory, for those alone who are started by `wrap`.

        What the directory held before is hidden from them.

        Args:
            component: Whose it is; the holder is called `<component>-disk`.
            data: The component's data directory; made if it is not there.
            size_bytes: How large the file system is.
            log_path: Where the holder's complaints go.
            record: Told of the holder's start and end.

        Raises:
            ProcessError: It can't be made; says what the system said.
        """
        self._data = _made(data)
        self._holder = Component(f"{component}-disk", record)
        command = [*_own_view(), "sh", "-c", _HOLD, "disk", _options(self._data, size_bytes), str(self._data)]
        process = await self._holder.start(command, log_path=log_path, control=True)
        await process.next_line(_MOUNTED_WITHIN_S, waiting_for="mounted")

    @property
    def component(self) -> Component | None:
        """The holder, whose end nobody may miss while the run lasts; None if it was never started."""
        return self._holder

    @property
    def pid(self) -> int:
        """The holder's process id.

        Raises:
            ProcessGoneError: It was never started.
        """
        if self._holder is None:
            raise ProcessGoneError("a file system of a component's own was asked for before it was made")
        return self._holder.process.pid

    def wrap(self, command: Sequence[str]) -> tuple[str, ...]:
        """The command that runs this one with its own file system, as the same process."""
        credentials = () if is_root() else ("--user", "--preserve-credentials")
        enter = ("nsenter", "--target", str(self.pid), "--mount", *credentials)
        return (*enter, "--", "sh", "-c", _ENTER, str(Path.cwd()), *command)

    @property
    def reach(self) -> Path:
        """The data directory on this file system, as everybody else can reach it."""
        return Path(f"/proc/{self.pid}/root{self._data}")

    async def stop(self) -> None:
        """Let go of the file system; it is gone with the last process that was started by `wrap`.

        Harmless if it was never made.

        Raises:
            ProcessError: The holder does not end.
        """
        if self._holder is not None:
            await self._holder.stop()


@dataclass(frozen=True)
class OwnDiskInReach:
    """A component's own file system, reached through its holder, and never taken for another one.

    Attributes:
        path: The data directory on it, as everybody else can reach it.
        holder: The process through which it is reached; once that is gone, its number may lead anywhere.
        size_bytes: How large it was made.
    """

    path: Path
    holder: ProcessIdentity
    size_bytes: int

    @classmethod
    def at(cls, path: Path, size_bytes: int) -> OwnDiskInReach:
        """The one at this path, which `OwnDiskHolder.reach` gave: `/proc/4711/root/data`.

        Raises:
            ProcessGoneError: Its holder is gone.
        """
        pid = int(path.parts[2])
        try:
            return cls(path, ProcessIdentity.of(pid), size_bytes)
        except psutil.NoSuchProcess as error:
            raise _holder_gone(pid) from error

    @contextlib.contextmanager
    def opened(self) -> Iterator[int]:
        """A descriptor of the data directory: what is opened relative to it lies on this file system.

        Raises:
            ProcessGoneError: The holder is gone.
            ProcessError: What is at the path is no file system of its own, or is larger.
        """
        try:
            directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except (FileNotFoundError, ProcessLookupError, PermissionError) as error:
            if _is_alive(self.holder):
                raise ProcessError(f"{self.path} can't be reached: {error.strerror}") from error
            raise _holder_gone(self.holder.pid) from error
        try:
            self._must_be_it(directory)
            yield directory
        finally:
            os.close(directory)

    def _must_be_it(self, directory: int) -> None:
        if not _is_alive(self.holder):
            raise _holder_gone(self.holder.pid)
        room = os.fstatvfs(directory)
        found_bytes, most_bytes = room.f_blocks * room.f_frsize, self.size_bytes + room.f_frsize - 1
        is_mounted = os.fstat(directory).st_dev != os.stat("..", dir_fd=directory).st_dev
        if not is_mounted or not 0 < found_bytes <= most_bytes:
            raise ProcessError(
                f"{self.path} is no file system of its own of {self.size_bytes} B at most, so nothing is written there"
            )


def _is_alive(holder: ProcessIdentity) -> bool:
    process = holder.find()
    return process is not None and is_alive(process)


def _holder_gone(pid: int) -> ProcessGoneError:
    return ProcessGoneError(f"the process {pid}, which holds a component's own file system, is gone")


@functools.cache
def why_no_own_disk() -> str | None:
    """Why this machine can't give a component a file system of its own, found by trying it; None if it can."""
    if sys.platform != "linux":
        return "only Linux gives a process a file system of its own"
    for program in ("unshare", "nsenter", "mount", "sh", "cat"):
        if shutil.which(program) is None:
            return f"the program {program} is not on PATH"
    with tempfile.TemporaryDirectory() as directory:
        command = [
            *_own_view(),
            "sh",
            "-c",
            _MOUNT,
            "disk",
            _options(Path(directory), LEAST_BYTES),
            directory,
        ]
        try:
            tried = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TRIED_WITHIN_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"a file system of its own can't be mounted: {error}"
    if tried.returncode != 0:
        return (
            f"this user may not mount a file system of its own: {tried.stderr.strip() or 'no reason given'}"
        )
    return None


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory.absolute()


def _own_view() -> list[str]:
    """What runs a program in a view of its own, out of which no mount gets."""
    return ["unshare", "--mount", *(() if is_root() else ("--user", "--map-root-user")), "--"]


def _options(data: Path, size_bytes: int) -> str:
    """Mount options: the directory looks as it did, and belongs to whom it did."""
    before = data.stat()
    owner = f",uid={before.st_uid},gid={before.st_gid}" if is_root() else ""
    return f"size={size_bytes},mode={before.st_mode & 0o7777:o}{owner}"
