"""What a process has started in its turn: finding all of it, and signalling it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import psutil

from chaos.processes.signalling import send_signal

_LISTS_CHILDREN: Final = Path("/proc/thread-self/children").exists()


def descendants(pid: int) -> list[psutil.Process]:
    """Every living process below this one. Empty if it is gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def families(pids: Collection[int]) -> Mapping[int, list[psutil.Process]]:
    """Every living process below each of these, from one look at the table of processes."""
    children: dict[int, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            children.setdefault(process.ppid(), []).append(process)
    found: dict[int, list[psutil.Process]] = {pid: list(children.get(pid, ())) for pid in pids}
    for members in found.values():
        for member in members:  # it grows while it is gone through: whoever is found may have children, too
            members += children.get(member.pid, ())
    return found


def below(pid: int) -> Iterator[psutil.Process]:
    """Every living process below this one, as quickly as the system tells.

    Linux keeps a list of children for each thread; the whole table of processes takes longer. A list is exact once the
    process that it is about is stopped, so whoever stops one after the other looks until there is nobody new.
    """
    if not _LISTS_CHILDREN:
        yield from descendants(pid)
        return
    try:
        lists = list(Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:  # the process has just ended
        return
    for path in lists:
        try:
            children = [int(child) for child in path.read_text().split()]
        except OSError:  # this thread has just ended
            continue
        for child in children:
            try:
                yield psutil.Process(child)
            except psutil.NoSuchProcess:
                continue
            yield from below(child)


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


def suspend_each(processes: Iterable[psutil.Process]) -> None:
    """Stop each, as `signal_each` signals them: by SIGSTOP, or by what this operating system has instead."""
    if hasattr(signal, "SIGSTOP"):
        signal_each(processes, signal.SIGSTOP)
    else:
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.suspend()


def resume_each(processes: Iterable[psutil.Process]) -> None:
    """Let each go on that was stopped so: by SIGCONT, or by what this operating system has instead."""
    if hasattr(signal, "SIGCONT"):
        signal_each(processes, signal.SIGCONT)
    else:
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.resume()


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
