"""Signalling a process that need not be a child of this one, and no other."""

from __future__ import annotations

import os
import signal
from typing import Final

import psutil

KILL: Final[int] = getattr(signal, "SIGKILL", signal.SIGTERM)
"""What ends a process whatever it does: SIGKILL. Windows has none; there SIGTERM does it."""


def tells_signals() -> bool:
    """Whether this operating system ends processes by signals, and says by which one."""
    return hasattr(signal, "SIGKILL")


def send_signal(process: psutil.Process, number: int) -> None:
    """Send a signal to this process, never to a later one with its number.

    A pidfd holds on to it where there is one; elsewhere psutil compares start times just before.

    Raises:
        psutil.NoSuchProcess: It is gone.
        psutil.AccessDenied: This user may not.
    """
    if not _sent_through_pidfd(process, number):
        process.send_signal(number)


def _sent_through_pidfd(process: psutil.Process, number: int) -> bool:
    """Whether it was sent; not without Linux 5.3, nor where a sandbox or a permission is in the way."""
    try:
        fd = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        return False
    try:
        if not process.is_running():
            raise psutil.NoSuchProcess(process.pid)
        signal.pidfd_send_signal(fd, number)
    except (AttributeError, OSError):
        return False
    finally:
        os.close(fd)
    return True
