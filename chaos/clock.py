"""The clock that orders events of different processes, and its name.

Every time in a ledger is read from the monotonic clock of the machine: one clock for all processes since the
machine's start, never set back. Times of two machines, or of two starts of one, can't be compared; `clock_name`
tells them apart.
"""

from __future__ import annotations

import functools
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def now_ns() -> int:
    """Nanoseconds on the machine's monotonic clock."""
    return time.monotonic_ns()


def seconds_between(start_ns: int, end_ns: int) -> float:
    """The time from `start_ns` to `end_ns`, in seconds."""
    return (end_ns - start_ns) / 1e9


def utc_now() -> datetime:
    """Wall time, for people and for names of directories only."""
    return datetime.now(UTC)


@functools.cache
def clock_name() -> str:
    """`<machine>/<boot>`: equal names mean times that can be compared."""
    return f"{platform.node()}/{_boot_name()}"


def machine_of(clock: str) -> str:
    """The machine in a clock's name."""
    return clock.rpartition("/")[0]


def _boot_name() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(int(psutil.boot_time()))
