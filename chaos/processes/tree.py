"""What a process has started in its turn: signalling all of it, and seeing it gone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable

import psutil

from chaos.clock import now_ns, seconds_between


def descendants(pid: int) -> list[psutil.Process]:
    """Every living process below this one. Empty if it is gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def session_members(session: int) -> list[psutil.Process]:
    """Every process of a session but its leader, orphans included.

    Only safe while the leader is not reaped: its number may mean another session afterwards. Windows has no
    sessions of this kind: none there.
    """
    if not hasattr(os, "getsid"):
        return []
    members = []
    for pid in psutil.pids():
        if pid != session and _session_of(pid) == session:
            try:
                member = psutil.Process(pid)
            except psutil.NoSuchProcess:
                continue
            if _session_of(pid) == session:
                members.append(member)
    return members


def signal_each(processes: Iterable[psutil.Process], number: int) -> None:
    """Send a signal to each that is still the process it was, and may be signalled by this user."""
    for process in processes:
        try:
            process.send_signal(number)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


async def still_alive(processes: Collection[psutil.Process], within_s: float) -> list[psutil.Process]:
    """Wait until all are gone; those that are not within this time."""
    start_ns, pause_s = now_ns(), 0.002
    while alive := [process for process in processes if is_alive(process)]:
        if seconds_between(start_ns, now_ns()) >= within_s:
            return alive
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.025)
    return []


def is_alive(process: psutil.Process) -> bool:
    """Whether it is still the process it was, and more than a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
