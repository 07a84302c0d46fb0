"""What a process has started in its turn: finding all of it, and signalling it."""

from __future__ import annotations

import os
from collections.abc import Iterable

import psutil

from chaos.processes.signalling import send_signal


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
            send_signal(process, number)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


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
