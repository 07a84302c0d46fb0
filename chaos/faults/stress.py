"""What the faults that use up this machine have in common: stress-ng, and what it uses up."""

from __future__ import annotations

import asyncio
import shutil
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import LastingSpec
from chaos.faults.felt import CallsFelt
from chaos.faults.protocol import Evidence, Fault, NotConfirmed, NotReverted, Scene, Tool
from chaos.parts.missing import Missing
from chaos.processes.logs import log_excerpt
from chaos.processes.process import Process
from chaos.processes.tree import descendants, is_alive

STRESS_NG: Final = "stress-ng"
MEND: Final = "install it: `apt-get install stress-ng` as root (`make setup` does), or your system's way"

_CONFIRMED_WITHIN_S: Final = 8.0
_LOOK_EVERY_S: Final = 0.1
_LONGEST_S: Final = 24 * 3600
"""stress-ng ends by itself after this time, or some time after the fault should have ended: the last of its ends."""
_OVERDUE_S: Final = 60.0
_SCHEDULING_S: Final = 1.0

StressSpecT_co = TypeVar("StressSpecT_co", bound=LastingSpec, covariant=True)


@dataclass(frozen=True)
class Used:
    """What the processes of stress-ng have used up so far.

    Attributes:
        cpu_s: Processor time.
        resident_bytes: Memory that they hold now.
        written_bytes: What they have written to files.
    """

    cpu_s: float
    resident_bytes: int
    written_bytes: int


class Stress(Fault[StressSpecT_co], Generic[StressSpecT_co]):
    """Uses up something of the machine with stress-ng. What its processes really used is the evidence."""

    family = "resources"
    needs = "stress-ng on PATH, which `make setup` installs where it can"

    def __init__(self, spec: StressSpecT_co) -> None:
        super().__init__(spec)
        self._felt = CallsFelt()
        self._tool: Tool | None = None
        self._processes: set[psutil.Process] = set()
        self._before: Mapping[str, Any] = {}

    @classmethod
    def missing(cls) -> list[Missing]:
        """stress-ng, which no Python package carries."""
        if shutil.which(STRESS_NG):
            return []
        return [Missing("stress-ng is not on PATH", f"the fault `{cls.__name__.lower()}`", MEND)]

    def delays_s(self, lasted_s: float) -> float:
        """A process that is ready to run waits for its turn, but not for long: turns are fair."""
        return min(lasted_s, _SCHEDULING_S)

    async def inject(self, scene: Scene) -> None:
        """Look at the machine, and start stress-ng."""
        self._place(scene).mkdir(parents=True, exist_ok=True)
        self._before = await self.measure(scene)
        self._felt.begin()
        at_most_s = _LONGEST_S if self.spec.for_s is None else self.spec.for_s + _OVERDUE_S
        command = (
            STRESS_NG,
            *self.arguments(),
            "--temp-path",
            str(self._place(scene)),
            "--timeout",
            f"{at_most_s:.0f}s",
        )
        self._tool = await scene.start_tool(scene.name, command)

    async def confirm(self, scene: Scene) -> Evidence:
        """Look until stress-ng has used up what it was to."""
        assert self._tool is not None
        process, start_ns = self._tool.process, now_ns()
        first = self._used(process)
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            elapsed_s = seconds_between(start_ns, now_ns())
            used = self._used(process)
            if process.is_gone:
                raise NotConfirmed(f"stress-ng ended at once{log_excerpt(process.log_path)}")
            evidence = self.bite(first, used, elapsed_s)
            if evidence is not None:
                return {**_named(self._before, "before"), **evidence, **await self.measure(scene)}
            if elapsed_s > _CONFIRMED_WITHIN_S:
                raise NotConfirmed(f"after {elapsed_s:.1f} s, {self.shortfall(first, used, elapsed_s)}")

    async def revert(self, scene: Scene) -> Evidence:
        """End stress-ng, see all of it gone and nothing left of what it wrote, and look at the machine again."""
        if self._tool is not None:
            self._used(self._tool.process)
            await self._tool.stop()
        alive = sorted(process.pid for process in self._processes if is_alive(process))
        if alive:
            raise NotReverted(f"processes of stress-ng are left: {' '.join(map(str, alive))}")
        after = {} if self._tool is None else _named(await self.measure(scene), "after")
        place = self._place(scene)
        if place.exists():
            shutil.rmtree(place)
        return {**after, **self._felt.evidence(scene)}

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """What stress-ng is told to use up."""

    @abstractmethod
    async def measure(self, scene: Scene) -> Mapping[str, Any]:
        """How the machine is in this respect now, for the evidence before, during and after."""

    @abstractmethod
    def bite(self, first: Used, now: Used, elapsed_s: float) -> Evidence | None:
        """What shows that it bit; None if that is not seen yet.

        Args:
            first: What was used up when this was asked for the first time.
            now: What is used up by now.
            elapsed_s: The time between them.
        """

    @abstractmethod
    def shortfall(self, first: Used, now: Used, elapsed_s: float) -> str:
        """What was seen instead, in words."""

    def _place(self, scene: Scene) -> Path:
        """Where this injection writes, all of which is removed in the end: never more than is below the scratch.

        Raises:
            ValueError: The injection's name leads out of the scratch.
        """
        place = scene.scratch / scene.name
        if place.resolve().parent != scene.scratch.resolve():
            raise ValueError(f"{scene.name!r} does not lie directly in {scene.scratch}")
        return place

    def _used(self, process: Process) -> Used:
        """What stress-ng and all it started have used up; those that have ended since the last look don't count."""
        family = descendants(process.pid)
        self._processes.update(family)
        cpu_s, resident_bytes, written_bytes = 0.0, 0, 0
        for member in family:
            try:
                with member.oneshot():
                    times = member.cpu_times()
                    cpu_s += times.user + times.system
                    resident_bytes += member.memory_info().rss
                    written_bytes += member.io_counters().write_chars if hasattr(member, "io_counters") else 0
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return Used(cpu_s, resident_bytes, written_bytes)


def _named(measured: Mapping[str, Any], when: str) -> dict[str, Any]:
    """The names of what was measured with a word for when, before the unit: `written_before_ms`."""
    named = {}
    for name, value in measured.items():
        subject, _, unit = name.rpartition("_")
        named[f"{subject}_{when}_{unit}"] = value
    return named
