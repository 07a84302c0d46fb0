"""Sampling what each process of a run uses, from its first start to its last end, at a bounded cost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.ledger.events import ComponentDown, ComponentUp, Event
from chaos.monitor.samples import RUNNER, ResourceSample
from chaos.monitor.usage import Usage, disk_bytes, usage_of
from chaos.processes.tree import families

SAMPLE_EVERY_S = 1.0
_FAMILIES_EVERY_S = 5.0
_LEAST_S = 0.2
"""Time on a CPU is told in hundredths of a second: over less than this, a share of it says nothing."""
_SHARE = 0.02
"""The share of a core that sampling may take; as much again the sizes of directories. It slows down instead."""


@dataclass
class _Followed:
    """A process that is sampled: the current start of a component."""

    component: str
    incarnation: int
    process: psutil.Process
    last_ns: int
    data: Path | None = None
    cpu_s: dict[int, float] = field(default_factory=dict)
    spent_s: float = 0.0
    children: list[psutil.Process] = field(default_factory=list)


@dataclass
class _Disk:
    """The size of a data directory, as it was seen last, and when to look again."""

    size_bytes: int = 0
    due_ns: int = 0


class Sampler:
    """Samples every process of a run that is up, this one (`runner`) included.

    Args:
        data_of: The data directory of a component that was just started, as it can be reached from here, if it has one.
    """

    def __init__(self, data_of: Callable[[str], Path | None]) -> None:
        self._data_of = data_of
        runner = psutil.Process()
        self._followed = {
            RUNNER: _Followed(RUNNER, 1, runner, now_ns(), cpu_s=dict(usage_of([runner]).cpu_s))
        }
        self._disks: dict[str, _Disk] = {}
        self._families_due_ns = 0
        self._latest: dict[str, ResourceSample] = {}

    def take(self, event: Event) -> None:
        """Hear of an event of the run: a component that starts is followed by its new process."""
        if isinstance(event, ComponentUp):
            try:
                process = psutil.Process(event.pid)
            except psutil.NoSuchProcess:
                return
            self._followed[event.component] = _Followed(
                event.component, event.incarnation, process, event.time_ns, self._data_of(event.component)
            )
            self._families_due_ns = 0
        elif isinstance(event, ComponentDown):
            self._followed.pop(event.component, None)
            self._latest.pop(event.component, None)

    def latest(self, component: str) -> ResourceSample | None:
        """The newest sample of a component; None while it is down, and until its first sample."""
        return self._latest.get(component)

    def cpu_s(self) -> Mapping[str, float]:
        """Time that each component that is up has spent on a CPU, as far as it was sampled."""
        return {name: followed.spent_s for name, followed in self._followed.copy().items()}

    def status(self, component: str) -> str | None:
        """What the operating system says of a process: `sleeping`, `stopped`; None if it is gone."""
        followed = self._followed.get(component)
        try:
            return None if followed is None else str(followed.process.status())
        except psutil.NoSuchProcess:
            return None

    def sample(self) -> tuple[list[ResourceSample], float]:
        """Sample all once, and say in how many seconds to do so again. Blocks: for a thread of its own."""
        began_s = time.thread_time()
        self._find_families()
        samples = [
            sample
            for followed in list(self._followed.values())
            if (sample := self._sampled(followed)) is not None
        ]
        return samples, max(SAMPLE_EVERY_S, (time.thread_time() - began_s) / _SHARE)

    def _find_families(self) -> None:
        """Look who was started by whom; that costs more than a sample, so it is done now and then."""
        if now_ns() < self._families_due_ns:
            return
        self._families_due_ns = now_ns() + int(_FAMILIES_EVERY_S * 1e9)
        others = [
            followed for followed in list(self._followed.values()) if followed.process.pid != os.getpid()
        ]
        found = families([followed.process.pid for followed in others])
        for followed in others:
            followed.children = found[followed.process.pid]

    def _sampled(self, followed: _Followed) -> ResourceSample | None:
        usage = usage_of([followed.process, *followed.children])
        time_ns = now_ns()
        passed_s = seconds_between(followed.last_ns, time_ns)
        if followed.process.pid not in usage.cpu_s or passed_s < _LEAST_S:
            return None
        sample = ResourceSample(
            time_ns=time_ns,
            component=followed.component,
            incarnation=followed.incarnation,
            cpu_percent=round(100 * self._spent_s(followed, usage, time_ns) / passed_s, 2),
            resident_bytes=usage.resident_bytes,
            open_files=usage.open_files,
            threads=usage.threads,
            data_bytes=self._data_bytes(followed.component, followed.data),
        )
        if self._followed.get(followed.component) is followed:
            self._latest[followed.component] = sample
        return sample

    @staticmethod
    def _spent_s(followed: _Followed, usage: Usage, time_ns: int) -> float:
        """Time on a CPU since the sample before; from here on, the next one counts."""
        spent_s = sum(cpu_s - followed.cpu_s.get(pid, 0.0) for pid, cpu_s in usage.cpu_s.items())
        followed.cpu_s, followed.last_ns = usage.cpu_s, time_ns
        followed.spent_s += spent_s
        return spent_s

    def _data_bytes(self, component: str, directory: Path | None) -> int | None:
        if directory is None:
            return None
        disk = self._disks.setdefault(component, _Disk())
        if now_ns() >= disk.due_ns:
            began_s = time.thread_time()
            disk.size_bytes = disk_bytes(directory)
            cost_s = time.thread_time() - began_s
            disk.due_ns = now_ns() + int(cost_s / _SHARE * 1e9)
        return disk.size_bytes
