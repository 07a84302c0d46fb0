"""`cpu`: keep the machine's processors busy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import psutil
from pydantic import Field, field_validator

from chaos.experiment.model import LastingSpec
from chaos.experiment.units import Share, wrong
from chaos.faults.protocol import Evidence, Scene
from chaos.faults.stress import Stress, Used

_MEASURED_FOR_S: Final = 0.2
_SEEN_FOR_S: Final = 0.5
_LEAST_SHARE: Final = 0.1
"""What stress-ng must get of the processor time that it asks for: the system's own processes want theirs, too."""

_LEAST_SHARE_WHEN_BUSY: Final = 0.01
_BUSY_PERCENT: Final = 90.0
"""On a machine as busy as this, turns are few: then it must get some time at all."""


class CpuSpec(LastingSpec):
    """Keeps processors of this machine busy."""

    cores: int = Field(0, ge=0, le=4096, description="how many processors are kept busy; 0: all of them")
    load: Share = Field(1.0, description="how busy each is kept")

    @field_validator("load")
    @classmethod
    def _is_some(cls, load: float) -> float:
        if load < 0.01:
            raise wrong("less than 1 % is no load")
        return load


class Cpu(Stress[CpuSpec]):
    """Keeps processors busy. The processor time that stress-ng got is the evidence."""

    spec_model = CpuSpec
    summary = "keep the machine's processors busy"
    evidence = (
        "the processor time that stress-ng's processes got, and how busy the machine was before and during"
    )
    example: ClassVar[str] = """\
fault: cpu
load: 100%
at: 30% of jobs
for: 3s
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {"load": ("50%", "100%")}

    def __init__(self, spec: CpuSpec) -> None:
        super().__init__(spec)
        self._times_before = psutil.cpu_times()

    @property
    def _cores(self) -> int:
        return self.spec.cores or _processors()

    @property
    def _asked(self) -> float:
        """Processor time that is asked for in a second."""
        return min(self._cores, _processors()) * self.spec.load

    def arguments(self) -> Sequence[str]:
        """One busy process a core."""
        return ("--cpu", str(self._cores), "--cpu-load", f"{max(1, round(100 * self.spec.load))}")

    async def measure(self, scene: Scene) -> Mapping[str, Any]:  # noqa: ARG002
        """How busy all processors together are."""
        before = psutil.cpu_times()
        await asyncio.sleep(_MEASURED_FOR_S)
        self._times_before = psutil.cpu_times()
        return {"machine_busy_percent": _busy_percent(before, self._times_before)}

    def bite(self, first: Used, now: Used, elapsed_s: float) -> Evidence | None:
        """The processor time that it got, once it is a good part of what it asks for, or the machine has no more."""
        got = (now.cpu_s - first.cpu_s) / elapsed_s
        is_busy = _busy_percent(self._times_before, psutil.cpu_times()) >= _BUSY_PERCENT
        least = _LEAST_SHARE_WHEN_BUSY if is_busy else _LEAST_SHARE
        if elapsed_s < _SEEN_FOR_S or got < least * self._asked:
            return None
        return {"cores_asked": round(self._asked, 2), "cores_got": round(got, 2)}

    def shortfall(self, first: Used, now: Used, elapsed_s: float) -> str:
        """How little it got."""
        got = (now.cpu_s - first.cpu_s) / elapsed_s
        return f"stress-ng had got {got:.2f} s of processor time a second, and asked for {self._asked:.2f}"


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _busy_percent(before: Any, after: Any) -> float:
    total = sum(after) - sum(before)
    idle = (after.idle + getattr(after, "iowait", 0.0)) - (before.idle + getattr(before, "iowait", 0.0))
    return round(100 * (1 - idle / total), 1) if total > 0 else 0.0
