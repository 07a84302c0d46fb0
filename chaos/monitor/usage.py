"""What a component uses at this moment: its process and all that this has started, asked of the operating system."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_BLOCK_BYTES = 512


@dataclass(frozen=True)
class Usage:
    """What processes use.

    Attributes:
        cpu_s: Time on a CPU so far, by process.
        resident_bytes: Resident memory in all; pages that several of the processes share count once, where the system
            tells (Linux does).
        open_files: Open file descriptors, or handles on Windows.
        threads: Threads.
    """

    cpu_s: dict[int, float] = field(default_factory=dict)
    resident_bytes: int = 0
    open_files: int = 0
    threads: int = 0


def usage_of(processes: Iterable[psutil.Process]) -> Usage:
    """What these processes use together. Those that are gone or about to be, or that this user may not
    look at, are left out."""
    processes = list(processes)
    cpu_s: dict[int, float] = {}
    resident_bytes = open_files = threads = 0
    for process in processes:
        try:
            with process.oneshot():
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                times = process.cpu_times()
                memory = process.memory_info().rss
                if memory == 0:  # it ends at this moment, and has given its memory back
                    continue
                if len(processes) > 1:
                    memory = _proportional_bytes(process, memory)
                files, each_threads = _open_files(process), process.num_threads()
                resident_bytes, open_files = resident_bytes + memory, open_files + files
                threads += each_threads
                cpu_s[process.pid] = times.user + times.system
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return Usage(cpu_s, resident_bytes, open_files, threads)


def _proportional_bytes(process: psutil.Process, resident_bytes: int) -> int:
    """A process's memory, of which a page that n processes share counts as an nth; else its resident memory."""
    try:
        return int(getattr(process.memory_full_info(), "pss", resident_bytes))
    except psutil.AccessDenied:  # the rest of it may well be looked at
        return resident_bytes


def _open_files(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()


def disk_bytes(directory: Path) -> int:
    """What a directory and everything in it takes on the disk; what goes away meanwhile is left out."""
    total = 0
    waiting = [directory]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        total += _size_on_disk(entry.stat(follow_symlinks=False))
        except OSError:
            continue
    return total


def _size_on_disk(stat: os.stat_result) -> int:
    blocks: int | None = getattr(stat, "st_blocks", None)
    return stat.st_size if blocks is None else blocks * _BLOCK_BYTES
