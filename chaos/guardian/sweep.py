"""Ending every process of a run, whoever started it and whether anybody recorded it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.guardian.mark import is_marked
from chaos.guardian.undo_log import Started
from chaos.processes.census import Living, living
from chaos.processes.identity import ProcessIdentity
from chaos.processes.signalling import KILL
from chaos.processes.tree import is_alive, signal_each

_LOOKS_THAT_FIND_NOTHING = 3
_BETWEEN_LOOKS_S = 0.02
"""Who is just being started carries no mark until its program is loaded."""
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
        if empty_looks:
            time.sleep(_BETWEEN_LOOKS_S)
        found = sweep.look()
        empty_looks = 0 if found else empty_looks + 1
        if found and seconds_between(start_ns, now_ns()) > within_s:
            break
        signal_each(found, KILL)
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
        everyone = living()
        known = {**self._recorded(), **{process: "" for process in self._names if process.is_running()}}
        marked = {one.process.pid for one in everyone if self._is_marked(one.process)}
        ours = marked | {process.pid for process in known}
        ours = _with_offspring(ours - self._spared, everyone) - self._spared
        found = [
            process
            for one in everyone
            if one.process.pid in ours and (process := one.process.find()) is not None and is_alive(process)
        ]
        for process in found:
            self._names.setdefault(process, f"{known.get(process) or _name(process)} (process {process.pid})")
        return found

    def _is_marked(self, identity: ProcessIdentity) -> bool:
        process = identity.find()
        return process is not None and is_marked(process, self._run)

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


def _with_offspring(pids: Collection[int], everyone: Iterable[Living]) -> set[int]:
    """These, whoever descends from one of them, and whoever is in a session that one of them leads.

    A session's number is nobody else's while it has a member, so it belongs to the process that has it.
    """
    family, grown = set(pids), bool(pids)
    while grown:
        more = {one.process.pid for one in everyone if one.parent in family or one.session in family}
        grown = not more <= family
        family |= more
    return family


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
