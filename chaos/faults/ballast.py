"""What takes the room of a component's own file system: a file, and no other file system's room."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from typing import Final

from chaos.processes.own_disk import OwnDiskInReach

BLOCK_BYTES: Final = 1024 * 1024
_PAGE_BYTES: Final = 4096
_BALLAST: Final = ".ballast-"


class Ballast:
    """A file that takes the room of a component's own file system, and of no other.

    Every method raises `ProcessError` if that file system is no longer in reach.

    Args:
        disk: That file system.
        name: What the fault is called that takes the room.
    """

    def __init__(self, disk: OwnDiskInReach, name: str) -> None:
        self.disk = disk
        self.path = disk.path / f"{_BALLAST}{name}"

    def free_bytes(self) -> int:
        """How much room the file system has for everybody."""
        with self.disk.opened() as directory:
            return _free_bytes(directory)

    def held_bytes(self) -> int:
        """How much room this file takes."""
        with self.disk.opened() as directory:
            try:
                return os.stat(self.path.name, dir_fd=directory).st_size
            except FileNotFoundError:
                return 0

    def fill(self, leave_bytes: int) -> None:
        """Take all room but `leave_bytes`; never more than the file system was made with."""
        with self._opened() as file:
            left = self.disk.size_bytes - os.fstat(file).st_size
            while left > 0 and (over := min(_free_bytes(file) - leave_bytes, left)) >= _PAGE_BYTES:
                written = _write(file, over)
                if written == 0:
                    return
                left -= written

    def is_refused(self, leave_bytes: int) -> bool:
        """Whether the file system refuses to take more than `leave_bytes`, for lack of room; tried, and taken back."""
        with self._opened() as file:
            held_bytes = os.fstat(file).st_size
            try:
                left = leave_bytes + BLOCK_BYTES
                while left > 0 and (written := _write(file, left)):
                    left -= written
                return left > 0
            finally:
                os.ftruncate(file, held_bytes)

    def remove(self) -> None:
        """Give the room back. Harmless if it was given back."""
        with self.disk.opened() as directory, contextlib.suppress(FileNotFoundError):
            os.unlink(self.path.name, dir_fd=directory)

    def beside(self) -> Sequence[str]:
        """What else takes room there in the same way: the names of those faults."""
        with self.disk.opened() as directory, os.scandir(directory) as entries:
            found = {entry.name for entry in entries if entry.name.startswith(_BALLAST)} - {self.path.name}
        return sorted(name.removeprefix(_BALLAST) for name in found)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        with self.disk.opened() as directory:
            how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            file = os.open(self.path.name, how, 0o600, dir_fd=directory)
            try:
                yield file
            finally:
                os.close(file)


def _free_bytes(descriptor: int) -> int:
    room = os.fstatvfs(descriptor)
    return room.f_bavail * room.f_frsize


def _write(file: int, bytes_wanted: int) -> int:
    """How many bytes were written, of a block at most; 0 if the file system has no room."""
    try:
        return os.write(file, bytes(min(bytes_wanted, BLOCK_BYTES)))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return 0
        raise
