"""`open-files`: let a live process open no further file, and so take no new connection, for a while."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

import psutil
from pydantic import Field

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import LastingSpec, TargetedSpec
from chaos.experiment.targets import Cast
from chaos.faults.protocol import Breakable, Evidence, Fault, NotConfirmed, NotReverted, Scene
from chaos.guardian.deed import Deed
from chaos.guardian.deeds.open_files import RestoreOpenFiles
from chaos.parts.missing import Missing
from chaos.processes.errors import ProcessGoneError
from chaos.processes.identity import ProcessIdentity
from chaos.processes.limits import (
    FileLimit,
    LoweredLimits,
    can_limit_others,
    file_limit,
    first_free_number,
    open_files,
)

_CONFIRMED_WITHIN_S: Final = 4.0
_UNSERVED_TIMES: Final = 2
"""How many connections in a row must find nobody: one alone may have been slow."""

_UNSERVED_AFTER_S: Final = 0.4
"""How long a connection may wait until it counts as not served; half of the shortest time that shows it."""

_SERVED_WITHIN_S: Final = 5.0
_ASK_EVERY_S: Final = 0.05


class OpenFilesSpec(LastingSpec, TargetedSpec):
    """Lowers how many files (connections among them) a live process may have open."""

    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="how many files it may have open; without it, as many as it has open at that moment"
    )


@dataclass(frozen=True)
class _Limited:
    """A process under this fault, and the limit that was its own."""

    component: Breakable
    identity: ProcessIdentity
    own: FileLimit

    def process(self) -> psutil.Process | None:
        """The process; None if it is gone, and its limit with it."""
        return self.identity.find()


class OpenFiles(Fault[OpenFilesSpec]):
    """Lowers the soft limit of open files. The limit read back and a connection that nobody serves are the evidence."""

    _limits: ClassVar = LoweredLimits()
    spec_model = OpenFilesSpec
    family = "resources"
    summary = "let a live process open no further file, and so take no new connection"
    needs = "Linux, which alone lets others change the limits of a live process"
    evidence = "the limit read back, the files open under it, and a new connection that is not served"
    example: ClassVar[str] = """\
fault: open-files
target: core
at: 30% of jobs
for: 3s
"""

    def __init__(self, spec: OpenFilesSpec) -> None:
        super().__init__(spec)
        self._limited: dict[str, _Limited] = {}

    @classmethod
    def missing(cls) -> list[Missing]:
        """The way to change the limits of another process, which only Linux has."""
        if can_limit_others():
            return []
        what = "the limits of a live process can't be changed on this operating system"
        return [Missing(what, "the fault `open-files`", "run it on Linux")]

    def problems(self, cast: Cast) -> list[str]:
        """Nobody of the name, or somebody who takes no connections."""
        found = super().problems(cast)
        if found:
            return found
        return [
            f"{name} takes no connections, so nothing would show that it can't open files; choose a component of the "
            "system"
            for name in cast.members(self.spec.target.of)
            if name in cast.load
        ]

    def undo(self, scene: Scene) -> Sequence[Deed]:
        """Each process gets its own limit back."""
        return [
            RestoreOpenFiles.of(name, limited.identity, limited.own)
            for name, limited in self._found(scene).items()
        ]

    async def inject(self, scene: Scene) -> None:
        """Lower the limits, once each has been seen to serve a new connection."""
        for name, limited in self._found(scene).items():
            if await _served_after_ms(limited.component) is None:
                raise NotConfirmed(
                    f"{name} served no new connection within {_SERVED_WITHIN_S:g} s before its limit was lowered"
                )
            self._lower(scene, limited)

    async def confirm(self, scene: Scene) -> Evidence:
        """The limit as it is now, and that new connections are not served."""
        limits: dict[str, int] = {}
        files: dict[str, int] = {}
        for name, limited in self._limited.items():
            await self._until_unserved(scene, limited)
            process = _living(limited)
            limits[name], files[name] = file_limit(process).soft, open_files(process)
        own = {name: limited.own.soft for name, limited in self._limited.items()}
        return {"limit_before": own, "limit": limits, "open_files": files, "new_connection": "not served"}

    async def sustain(self, scene: Scene) -> None:
        """See at the end that the limits were not raised meanwhile; a process that is gone could not."""
        await super().sustain(scene)
        for name, limited in self._limited.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                process = limited.process()
                if process is not None and file_limit(process).soft == limited.own.soft:
                    raise NotConfirmed(
                        f"{name} had its own limit of {limited.own.soft} files again meanwhile"
                    )

    async def revert(self, scene: Scene) -> Evidence:
        """Give each its own limit back, unless another keeps it low, and see how soon a new connection is served."""
        limits: dict[str, int] = {}
        others: dict[str, Sequence[str]] = {}
        served: dict[str, float | None] = {}
        for name, limited in self._limited.items():
            process = limited.process()
            if process is None:
                continue  # its limit went with it; a new process of this component has its own
            try:
                still_low_by = self._limits.restore(limited.identity, process, scene.name)
                limits[name] = file_limit(process).soft
            except psutil.NoSuchProcess:
                continue
            if still_low_by:
                others[name] = still_low_by
            elif limits[name] != limited.own.soft:
                raise NotReverted(f"{name} may have {limits[name]} files open, instead of {limited.own.soft}")
            else:
                served[name] = await _served_after_ms(limited.component)
        still = {"still_lowered_by_another": others} if others else {}
        return {"limit_after": limits, "new_connection_served_after_ms": served, **still}

    def _found(self, scene: Scene) -> dict[str, _Limited]:
        """The processes as they are when this injection begins: later ones of these components are not touched."""
        if not self._limited:
            for name in scene.targets:
                component = scene.component(name)
                identity = _identity_of(component)
                process = identity.find()
                if process is None:
                    raise ProcessGoneError(f"{name} (process {identity.pid}) is gone")
                self._limited[name] = _Limited(component, identity, self._limits.own(identity, process))
        return self._limited

    def _lower(self, scene: Scene, limited: _Limited) -> None:
        process = _living(limited)
        soft = self.spec.limit or first_free_number(process)
        self._limits.lower(limited.identity, process, soft, by=scene.name)

    async def _until_unserved(self, scene: Scene, limited: _Limited) -> None:
        """Wait until new connections find nobody, and no number below the limit is free: not just slow to serve."""
        start_ns, unserved = now_ns(), 0
        while unserved < _UNSERVED_TIMES:
            await self._settle(scene, limited)
            if not await _is_served(limited.component) and _is_full(_living(limited)):
                unserved += 1
                continue
            unserved = 0
            process = _living(limited)
            if seconds_between(start_ns, now_ns()) > _CONFIRMED_WITHIN_S:
                raise NotConfirmed(
                    f"{limited.component.name} could still open files with a limit of {file_limit(process).soft}; "
                    f"it has {open_files(process)} open. Choose a lower `limit`"
                )

    async def _settle(self, scene: Scene, limited: _Limited) -> None:
        """Give the process time to close what it has served, and lower a limit that was not given after it."""
        await asyncio.sleep(_ASK_EVERY_S)
        while self.spec.limit is None and not _is_full(_living(limited)):
            self._lower(scene, limited)
            await asyncio.sleep(_ASK_EVERY_S)


def _is_full(process: psutil.Process) -> bool:
    """Whether it can open no further file."""
    return first_free_number(process) >= file_limit(process).soft


def _identity_of(component: Breakable) -> ProcessIdentity:
    try:
        return ProcessIdentity.of(component.process.pid)
    except psutil.NoSuchProcess as error:
        raise ProcessGoneError(f"{component.name} (process {error.pid}) is gone") from error


def _living(limited: _Limited) -> psutil.Process:
    process = limited.process()
    if process is None:
        raise ProcessGoneError(f"{limited.component.name} (process {limited.identity.pid}) is gone")
    return process


async def _is_served(component: Breakable) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_UNSERVED_AFTER_S):
            return await component.answers()
    return False


async def _served_after_ms(component: Breakable) -> float | None:
    """How long it takes until a new connection to the component is served; None if none is in time."""
    start_ns = now_ns()
    while component.is_up and seconds_between(start_ns, now_ns()) < _SERVED_WITHIN_S:
        if await component.answers():
            return round(1000 * seconds_between(start_ns, now_ns()), 3)
        await asyncio.sleep(_ASK_EVERY_S)
    return None
