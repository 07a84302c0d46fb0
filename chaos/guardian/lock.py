"""The lock of a run: whoever undoes its changes holds it, so no two do at once. It is gone with its holder."""

from __future__ import annotations

import os
import sys
import time

from chaos.clock import now_ns, seconds_between
from chaos.run_directory import RunDirectory

_FIRST_POLL_S = 0.002
_SLOWEST_POLL_S = 0.025


class LockHeld(Exception):
    """Another process holds the lock: the run's runner, its guardian, or a `chaos heal`."""


class RunLock:
    """The lock of one run, by the operating system: a holder that is killed has freed it."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._fd: int | None = None

    def acquire(self, within_s: float = 0.0) -> None:
        """Take the lock.

        Args:
            within_s: How long to wait for it; 0: it is free now or it is not.

        Raises:
            LockHeld: Another process holds it, still after this time.
            OSError: There is no such run any more, or its directory can't be written.
        """
        fd = os.open(self._directory.undo / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        start_ns, pause_s = now_ns(), _FIRST_POLL_S
        while not _locked(fd):
            # No operating system waits for a lock with a bound.
            if seconds_between(start_ns, now_ns()) >= within_s:
                os.close(fd)
                raise LockHeld(f"{self._directory} is still running, or is being healed")
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, _SLOWEST_POLL_S)
        self._fd = fd

    def release(self) -> None:
        """Give the lock up. Harmless if it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def comes_free(directory: RunDirectory, within_s: float = 0.0) -> bool:
    """Whether nobody acts for a run any more, at some moment within this time. So it is, too, if the run is gone.

    Raises:
        OSError: Its directory can't be written.
    """
    lock = RunLock(directory)
    try:
        lock.acquire(within_s)
    except LockHeld:
        return False
    except FileNotFoundError:
        return True
    lock.release()
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
