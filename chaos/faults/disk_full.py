"""`disk-full`: leave no room on the disk that a component keeps its data on, and give it back after a while."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from chaos.experiment.model import LastingSpec, TargetedSpec
from chaos.experiment.targets import Cast
from chaos.experiment.units import BYTES, Bytes, wrong
from chaos.faults.felt import CallsFelt
from chaos.faults.protocol import Evidence, Fault, NotConfirmed, NotReverted, OwnDisk, Scene
from chaos.guardian.deed import Deed
from chaos.guardian.deeds.remove_path import RemovePath
from chaos.parts.missing import Missing
from chaos.processes.identity import ProcessIdentity
from chaos.processes.own_disk import why_no_own_disk

_BLOCK_BYTES: Final = 1024 * 1024
_PAGE_BYTES: Final = 4096
_TOP_UP_EVERY_S: Final = 0.02
_GROUPS_WITHOUT_DATA: Final = ("producers", "workers")


class DiskFullSpec(LastingSpec, TargetedSpec):
    """Fills the disk of a component; it is a small one that the run makes for it, in memory."""

    size_bytes: Annotated[Bytes, BYTES.within("1MiB", "1GiB")] = Field(
        64 * 1024 * 1024,
        alias="size",
        description="how large the component's own disk is, from the start of the run",
    )
    leave_bytes: Bytes = Field(0, alias="leave", description="how much room is left on it")

    @model_validator(mode="after")
    def _leaves_less_than_there_is(self) -> Self:
        if self.leave_bytes >= self.size_bytes:
            size, leave = BYTES.write(self.size_bytes), BYTES.write(self.leave_bytes)
            raise wrong(f"leave ({leave}) is not less than size ({size}), so the disk would never be full")
        return self


class Ballast:
    """A file that takes the room of a file system.

    Args:
        directory: A directory of that file system.
        name: What the fault is called that takes the room.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self.path = directory / f".ballast-{name}"

    def free_bytes(self) -> int:
        """How much room the file system has for everybody."""
        room = os.statvfs(self.directory)
        return room.f_bavail * room.f_frsize

    def held_bytes(self) -> int:
        """How much room this file takes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def fill(self, leave_bytes: int) -> None:
        """Take all room but `leave_bytes`."""
        with self.path.open("ab", buffering=0) as file:
            while (over := self.free_bytes() - leave_bytes) >= _PAGE_BYTES and _takes(file.fileno(), over):
                pass

    def is_refused(self, leave_bytes: int) -> bool:
        """Whether the file system refuses to take more than `leave_bytes`, for lack of room; tried, and taken back."""
        held_bytes = self.held_bytes()
        with self.path.open("ab", buffering=0) as file:
            try:
                left = leave_bytes + _BLOCK_BYTES
                while left > 0 and (written := _write(file.fileno(), left)):
                    left -= written
                return left > 0
            finally:
                os.ftruncate(file.fileno(), held_bytes)

    def remove(self) -> None:
        """Give the room back. Harmless if it was given back."""
        self.path.unlink(missing_ok=True)


class DiskFull(Fault[DiskFullSpec]):
    """Fills a component's own disk with a file, and keeps it full. A write that is refused there is the evidence."""

    spec_model = DiskFullSpec
    family = "resources"
    summary = "leave no room on the disk that a component keeps its data on"
    needs = "Linux with util-linux; root, or a kernel that allows unprivileged user namespaces"
    evidence = "the room on that disk, before and during, and a write of ours that it refuses (ENOSPC)"
    example: ClassVar[str] = """\
fault: disk-full
target: core
size: 32MiB
at: 30% of jobs
for: 3s
"""

    def __init__(self, spec: DiskFullSpec) -> None:
        super().__init__(spec)
        self._ballasts: dict[str, Ballast] = {}
        self._free_before: dict[str, int] = {}
        self._felt = CallsFelt()

    @classmethod
    def missing(cls) -> list[Missing]:
        """A file system of a component's own, where it can't be made."""
        reason = why_no_own_disk()
        if reason is None:
            return []
        mend = "use Linux with util-linux, as root or where unprivileged user namespaces are allowed"
        return [Missing(reason, "the fault `disk-full`", mend)]

    def problems(self, cast: Cast) -> list[str]:
        """Nobody of the name, or somebody who keeps no data."""
        found = super().problems(cast)
        if found:
            return found
        without = {name for group in _GROUPS_WITHOUT_DATA for name in cast.groups.get(group, ())}
        return [
            f"{name} keeps no data, so it has no disk to fill; choose a component of the system"
            for name in cast.members(self.spec.target.of)
            if name in without
        ]

    def preparations(self, cast: Cast) -> Sequence[OwnDisk]:
        """A disk of its own for everybody who may be chosen: the machine's is never filled."""
        return [OwnDisk(name, self.spec.size_bytes) for name in cast.members(self.spec.target.of)]

    def undo(self, scene: Scene) -> Sequence[Deed]:
        """The ballast is removed; it would also go with the disk, whose end is that of the run's processes."""
        deeds = []
        for ballast in self._made(scene).values():
            holder = ProcessIdentity.of(_holder_pid(ballast.directory))
            deeds.append(RemovePath.of(ballast.path, ballast.directory, holder))
        return deeds

    async def inject(self, scene: Scene) -> None:
        """Fill the disks."""
        self._felt.begin()
        for name, ballast in self._made(scene).items():
            self._free_before[name] = ballast.free_bytes()
            await self._fill(ballast)

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """The room before and now, and that a write is refused."""
        free: dict[str, int] = {}
        for name, ballast in self._ballasts.items():
            await self._fill(ballast)
            free[name] = ballast.free_bytes()
            if not ballast.is_refused(self.spec.leave_bytes):
                raise NotConfirmed(
                    f"the disk of {name} still took {BYTES.write(_BLOCK_BYTES)} more than it was to have left; "
                    f"{BYTES.write(free[name])} were free on it"
                )
        return {
            "free_before_bytes": dict(self._free_before),
            "free_bytes": free,
            "write_refused": errno.errorcode[errno.ENOSPC],
        }

    async def sustain(self, scene: Scene) -> None:
        """Take the room that the component gives back itself: a disk is full as long as others write to it."""
        over = asyncio.ensure_future(super().sustain(scene))
        try:
            while not over.done():
                if self.spec.leave_bytes == 0:
                    for ballast in self._ballasts.values():
                        ballast.fill(0)
                await asyncio.wait([over], timeout=_TOP_UP_EVERY_S)
        finally:
            over.cancel()

    async def revert(self, scene: Scene) -> Evidence:
        """Remove what filled the disk, and see the room again."""
        free: dict[str, int] = {}
        for name, ballast in self._made(scene).items():
            held_bytes = ballast.held_bytes()
            ballast.remove()
            free[name] = ballast.free_bytes()
            if free[name] < held_bytes // 2:
                raise NotReverted(
                    f"{BYTES.write(held_bytes)} were removed from the disk of {name}, and only "
                    f"{BYTES.write(free[name])} are free on it"
                )
        return {"free_after_bytes": free, **self._felt.evidence(scene)}

    async def _fill(self, ballast: Ballast) -> None:
        await asyncio.to_thread(ballast.fill, self.spec.leave_bytes)

    def _made(self, scene: Scene) -> dict[str, Ballast]:
        if not self._ballasts:
            self._ballasts = {name: Ballast(scene.disk(name), scene.name) for name in scene.targets}
        return self._ballasts


def _takes(file: int, bytes_wanted: int) -> bool:
    return _write(file, min(bytes_wanted, _BLOCK_BYTES)) > 0


def _write(file: int, bytes_wanted: int) -> int:
    """How many bytes were written, of a block at most; 0 if the file system has no room."""
    try:
        return os.write(file, bytes(min(bytes_wanted, _BLOCK_BYTES)))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return 0
        raise


def _holder_pid(reach: Path) -> int:
    """The process through which a path like `/proc/4711/root/data` is reached."""
    return int(reach.parts[2])
