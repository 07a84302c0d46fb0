"""Which process a number means: the one that was started then, and never a later one with its number."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from chaos.clock import clock_name


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, for as long as this machine runs, and for whoever reads this later.

    Attributes:
        pid: Its number.
        started: When it was started, on a clock that nobody sets: two of one number differ in it.
        boot: The start of the machine that the number belongs to, as `chaos.clock.clock_name` says it.
    """

    pid: int
    started: float
    boot: str

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """The process that has this number now.

        Raises:
            psutil.NoSuchProcess: None has.
        """
        return cls(pid, _started(psutil.Process(pid)), clock_name())

    def find(self) -> psutil.Process | None:
        """The process; None if it is gone, whoever has its number now. A zombie is still there."""
        if self.boot != clock_name():
            return None
        try:
            process = psutil.Process(self.pid)
            return process if _started(process) == self.started else None
        except psutil.NoSuchProcess:
            return None


def _started(process: psutil.Process) -> float:
    """On Linux in the kernel's own ticks: psutil's times move there when the wall clock is set."""
    if sys.platform != "linux":
        return process.create_time()
    stat = linux_stat(process.pid)
    if stat is None:
        raise psutil.NoSuchProcess(process.pid)
    return stat.started_ticks


class LinuxStat(NamedTuple):
    """What the kernel says of a process in one line, on Linux.

    Attributes:
        state: `S`, `R`, `T`; `Z` for a zombie.
        parent: Who started it, or adopted it since.
        session: Who leads its session, or did.
        started_ticks: When it was started, since the start of the machine.
    """

    state: str
    parent: int
    session: int
    started_ticks: float


def linux_stat(pid: int) -> LinuxStat | None:
    """What Linux says of a process; None if there is none of this number."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - it is read for every process there is
            after_name = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return LinuxStat(after_name[0].decode(), int(after_name[1]), int(after_name[3]), float(after_name[19]))
