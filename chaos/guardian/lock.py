"""Locks that are gone with their holder; that of a run is held by whoever undoes its changes, so no two do at once."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from chaos.clock import now_ns, seconds_between
from chaos.run_directory import RunDirectory

_FIRST_POLL_S = 0.002
_SLOWEST_POLL_S = 0.025


class LockHeld(Exception):
    """Another process holds the lock: for a run its runner, its guardian, or a `chaos heal`."""


class FileLock:
    """A lock by the operating system: a holder that is killed has freed it.

    Args:
        file: What is locked; it is made if it is not there.
        held: What to say if another process holds it.
    """

    def __init__(self, file: Path, held: str) -> None:
        self._file = file
        self._held = held
        self._fd: int | None = None

    def acquire(self, within_s: float = 0.0) -> None:
        """Take the lock.

        Args:
            within_s: How long to wait for it; 0: it is free now or it is not.

        Raises:
            LockHeld: Another process holds it, still after this time.
            OSError: Its directory is gone, or can't be written.
        """
        fd = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o644)
        start_ns, pause_s = now_ns(), _FIRST_POLL_S
        while not _locked(fd):
            # No operating system waits for a lock with a bound.
            if seconds_between(start_ns, now_ns()) >= within_s:
                os.close(fd)
                raise LockHeld(self._held)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, _SLOWEST_POLL_S)
        self._fd = fd

    def comes_free(self, within_s: float = 0.0) -> bool:
        """Whether nobody else holds it, at some moment within this time. It is not held afterwards.

        Raises:
            OSError: Its directory is gone, or can't be written.
        """
        try:
            self.acquire(within_s)
        except LockHeld:
            return False
        self.release()
        return True

    def release(self) -> None:
        """Give the lock up. Harmless if it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class RunLock(FileLock):
    """The lock of one run."""

    def __init__(self, directory: RunDirectory) -> None:
        super().__init__(directory.undo / "lock", f"{directory} is still running, or is being healed")


def comes_free(directory: RunDirectory, within_s: float = 0.0) -> bool:
    """Whether nobody acts for a run any more, at some moment within this time. So it is, too, if the run is gone.

    Raises:
        OSError: Its directory can't be written.
    """
    try:
        return RunLock(directory).comes_free(within_s)
    except FileNotFoundError:
        return True


if sys.platform == "win32":
    import msvcrt

    def _locked(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _locked(fd: int) -> bool:
        # Of the open file, not of the process: no other use of the file in this process lets go of it.
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
