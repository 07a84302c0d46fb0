"""The limits of a live process, which only Linux lets others change."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import psutil

from chaos.processes.identity import ProcessIdentity

_WITHOUT_END: Final = -1


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


@dataclass
class _Lowered:
    """A process whose limit is lowered: its own limit, and how low each of those who lowered it wants it."""

    own: FileLimit
    wanted: dict[str, int] = field(default_factory=dict)

    def limit(self) -> FileLimit:
        """The lowest that anybody wants, or its own."""
        softs = [soft for soft in (self.own.soft, *self.wanted.values()) if soft != _WITHOUT_END]
        return replace(self.own, soft=min(softs, default=_WITHOUT_END))


class LoweredLimits:
    """Who has lowered the limits of which processes: each has its own again once nobody wants a lower one."""

    def __init__(self) -> None:
        self._lowered: dict[ProcessIdentity, _Lowered] = {}

    def own(self, identity: ProcessIdentity, process: psutil.Process) -> FileLimit:
        """The limit that is the process's own, whoever has it lowered now.

        Raises:
            psutil.Error: It is gone, or not ours.
        """
        lowered = self._lowered.get(identity)
        return file_limit(process) if lowered is None else lowered.own

    def lower(self, identity: ProcessIdentity, process: psutil.Process, soft: int, by: str) -> None:
        """Let it have so many files open at most. To be taken back by `restore`, also if this fails.

        Raises:
            psutil.Error: It is gone, or not ours.
        """
        lowered = self._lowered.setdefault(identity, _Lowered(self.own(identity, process)))
        lowered.wanted[by] = soft
        set_file_limit(process, lowered.limit())

    def restore(self, identity: ProcessIdentity, process: psutil.Process, by: str) -> Sequence[str]:
        """Take back what one has lowered; who still wants the limit lower. Harmless if this one never lowered it.

        Raises:
            psutil.Error: It is gone, or not ours.
        """
        lowered = self._lowered.get(identity)
        if lowered is None:
            return ()
        lowered.wanted.pop(by, None)
        set_file_limit(process, lowered.limit())
        if not lowered.wanted:
            del self._lowered[identity]
        return sorted(lowered.wanted)
