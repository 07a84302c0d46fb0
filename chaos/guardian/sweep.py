"""Ending every process of a run, whoever started it and whether anybody recorded it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.guardian.mark import is_marked
from chaos.guardian.undo_log import Started
from chaos.processes.tree import is_alive, signal_each

_KILL: int = getattr(signal, "SIGKILL", signal.SIGTERM)
_LOOKS_THAT_FIND_NOTHING = 2
_GONE_WITHIN_S = 0.5


@dataclass(frozen=True)
class Swept:
    """What a sweep did: whom it ended, and what it could not end with what mends that."""

    ended: tuple[str, ...]
    left: tuple[str, ...]


def end_processes(run: str, started: Sequence[Started], within_s: float = 4.0) -> Swept:
    """Kill every process of a run, again and again until none is found.

    Of the run is who was recorded, who carries its mark, who was started by one of these, and who is in a session
    that one of these leads. This process is not, and neither is any that it descends from: a `chaos heal` may be
    given in a shell that a run started.

    Args:
        run: The run's name, as in the mark.
        started: The recorded processes.
        within_s: How long it may take.
    """
    sweep = _Sweep(run, started)
    start_ns, empty_looks = now_ns(), 0
    while empty_looks < _LOOKS_THAT_FIND_NOTHING:
        found = sweep.look()
        empty_looks = 0 if found else empty_looks + 1
        if found and seconds_between(start_ns, now_ns()) > within_s:
            break
        signal_each(found, _KILL)
        _wait_until_gone(found)
    return sweep.account()


class _Sweep:
    def __init__(self, run: str, started: Sequence[Started]) -> None:
        self._run = run
        self._started = started
        self._ancestors = psutil.Process().parents()
        self._spared = {os.getpid(), *(process.pid for process in self._ancestors)}
        self._names: dict[psutil.Process, str] = {}

    def look(self) -> list[psutil.Process]:
        """Every process of the run that is alive."""
        everyone = _everyone()
        recorded = self._recorded()
        ours = {
            pid
            for pid, process in everyone.items()
            if process in recorded or process in self._names or is_marked(process, self._run)
        }
        ours = _with_offspring(ours - self._spared, everyone) - self._spared
        found = [everyone[pid] for pid in ours if is_alive(everyone[pid])]
        for process in found:
            self._names.setdefault(
                process, f"{recorded.get(process) or _name(process)} (process {process.pid})"
            )
        return found

    def account(self) -> Swept:
        """Whom the sweep has ended, and who lives on."""
        alive = {process for process in self._names if is_alive(process)}
        recorded = self._recorded()
        above = [
            process for process in self._ancestors if process in recorded or is_marked(process, self._run)
        ]
        return Swept(
            ended=tuple(name for process, name in self._names.items() if process not in alive),
            left=(
                *(
                    f"{self._names[process]} lives on after SIGKILL: kill -9 {process.pid}"
                    for process in alive
                ),
                *(
                    f"{_name(process)} (process {process.pid}) belongs to the run, and this command to it: "
                    f"end it, or run `chaos heal` elsewhere"
                    for process in above
                ),
            ),
        )

    def _recorded(self) -> Mapping[psutil.Process, str]:
        found = ((started.process.find(), started.component) for started in self._started)
        return {process: component for process, component in found if process is not None}


def _everyone() -> dict[int, psutil.Process]:
    everyone = {}
    for pid in psutil.pids():
        try:
            everyone[pid] = psutil.Process(pid)
        except psutil.NoSuchProcess:
            continue
    return everyone


def _with_offspring(pids: Collection[int], everyone: Mapping[int, psutil.Process]) -> set[int]:
    """These, whoever descends from one of them, and whoever is in a session that one of them leads."""
    family, grown = set(pids), True
    kin = {pid: _kin(process) for pid, process in everyone.items()} if pids else {}
    while grown:
        more = {pid for pid, (parent, session) in kin.items() if parent in family or session in family}
        grown = not more <= family
        family |= more
    return family


def _kin(process: psutil.Process) -> tuple[int, int]:
    """Who started a process, and who leads its session; 0 where nobody can tell.

    A session's number is nobody else's while it has a member, so it belongs to the process that has it.
    """
    try:
        return process.ppid(), os.getsid(process.pid) if hasattr(os, "getsid") else 0
    except (psutil.Error, OSError):
        return 0, 0


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return "a process"


def _wait_until_gone(processes: Collection[psutil.Process]) -> None:
    start_ns, pause_s = now_ns(), 0.001
    while any(map(is_alive, processes)) and seconds_between(start_ns, now_ns()) < _GONE_WITHIN_S:
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.025)
