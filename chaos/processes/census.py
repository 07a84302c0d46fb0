"""Every process that lives on this machine, and how they are related. Cheap: zombies may be there by the thousand."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import psutil

from chaos.clock import clock_name
from chaos.processes.identity import ProcessIdentity, linux_stat

_DEAD = ("Z", "X")


@dataclass(frozen=True)
class Living:
    """A living process, who started (or adopted) it, and who leads its session; 0 where nobody can tell."""

    process: ProcessIdentity
    parent: int
    session: int


def living() -> list[Living]:
    """Every process of this moment that is more than a zombie."""
    look = _look_on_linux if sys.platform == "linux" else _look_anywhere
    return [found for pid in psutil.pids() if (found := look(pid)) is not None]


def _look_on_linux(pid: int) -> Living | None:
    stat = linux_stat(pid)
    if stat is None or stat.state in _DEAD:
        return None
    return Living(ProcessIdentity(pid, stat.started_ticks, clock_name()), stat.parent, stat.session)


def _look_anywhere(pid: int) -> Living | None:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        session = os.getsid(pid) if hasattr(os, "getsid") else 0
        return Living(ProcessIdentity.of(pid), process.ppid(), session)
    except (psutil.Error, OSError):
        return None
