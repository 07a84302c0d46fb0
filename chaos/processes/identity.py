"""Which process a number means: the one that was started then, and never a later one with its number."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from chaos.clock import clock_name

_START_TICKS = 19  # of the fields of /proc/PID/stat that come after the name


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
    """Ticks since the machine's start on Linux, where psutil's times move with the wall clock; psutil's elsewhere."""
    if sys.platform != "linux":
        return process.create_time()
    try:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    return float(stat.rpartition(")")[2].split()[_START_TICKS])
