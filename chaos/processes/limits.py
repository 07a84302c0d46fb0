"""The limits of a live process, which only Linux lets others change."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class FileLimit:
    """How many files a process may have open: `soft` counts, and may be raised up to `hard`. -1: without end."""

    soft: int
    hard: int


def can_limit_others() -> bool:
    """Whether the limits of another process can be changed on this machine."""
    return sys.platform == "linux" and hasattr(psutil, "RLIMIT_NOFILE")


def file_limit(process: psutil.Process) -> FileLimit:
    """The limit that the process has now.

    Raises:
        psutil.Error: It is gone, or not ours.
    """
    if sys.platform != "linux":
        raise psutil.AccessDenied(process.pid, msg="limits of other processes are to be had on Linux only")
    return FileLimit(*process.rlimit(psutil.RLIMIT_NOFILE))


def set_file_limit(process: psutil.Process, limit: FileLimit) -> None:
    """Change the limit; files that are open stay open.

    Raises:
        psutil.Error: It is gone, or not ours.
    """
    if sys.platform != "linux":
        raise psutil.AccessDenied(process.pid, msg="limits of other processes are to be had on Linux only")
    process.rlimit(psutil.RLIMIT_NOFILE, (limit.soft, limit.hard))


def open_files(process: psutil.Process) -> int:
    """How many files (sockets and pipes among them) the process has open.

    Raises:
        psutil.Error: It is gone, or not ours.
    """
    return process.num_fds()


def first_free_number(process: psutil.Process) -> int:
    """The number that the next file it opens will get; as its limit, it keeps the process from opening any.

    Raises:
        psutil.Error: It is gone, or not ours.
    """
    try:
        taken = {int(entry.name) for entry in Path(f"/proc/{process.pid}/fd").iterdir()}
    except FileNotFoundError as error:
        raise psutil.NoSuchProcess(process.pid) from error
    except PermissionError as error:
        raise psutil.AccessDenied(process.pid) from error
    return next(number for number in range(len(taken) + 1) if number not in taken)
