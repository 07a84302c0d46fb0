"""`disk-full`: leave no room on the disk that a component keeps its data on, and give it back after a while."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from chaos.experiment.model import LastingSpec, TargetedSpec
from chaos.experiment.targets import Cast
from chaos.experiment.units import BYTES, Bytes, wrong
from chaos.faults.ballast import BLOCK_BYTES, Ballast
from chaos.faults.felt import CallsFelt
from chaos.faults.protocol import Evidence, Fault, NotConfirmed, NotReverted, OwnDisk, Scene
from chaos.guardian.deed import Deed
from chaos.guardian.deeds.remove_path import RemovePath
from chaos.parts.missing import Missing
from chaos.processes.errors import ProcessError, ProcessGoneError
from chaos.processes.own_disk import OwnDiskInReach, why_no_own_disk
from chaos.processes.threads import in_thread

_TOP_UP_EVERY_S: Final = 0.02


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
        self._ballasts: dict[str, Ballast] | None = None
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
        without_data = [
            f"{name} keeps no data, so it has no disk to fill; choose a component of the system"
            for name in cast.members(self.spec.target.of)
            if name in cast.load
        ]
        if without_data or not cast.groups.get("databases"):
            return without_data
        return [
            "cores that keep their jobs in a database have no disk to fill, and a database server can't be given one; "
            "choose `storage: sqlite`"
        ]

    def preparations(self, cast: Cast) -> Sequence[OwnDisk]:
        """A disk of its own for everybody who may be chosen: the machine's is never filled."""
        return [OwnDisk(name, self.spec.size_bytes) for name in cast.members(self.spec.target.of)]

    def undo(self, scene: Scene) -> Sequence[Deed]:
        """The ballast is removed; it would also go with the disk, whose end is that of the run's processes."""
        return [
            RemovePath.of(ballast.path, ballast.disk.path, ballast.disk.holder)
            for ballast in self._made(scene).values()
        ]

    async def inject(self, scene: Scene) -> None:
        """Fill the disks."""
        ballasts = self._made(scene)
        if gone := [name for name in scene.targets if name not in ballasts]:
            raise ProcessGoneError(f"the process that holds the disk of {' and of '.join(gone)} is gone")
        self._felt.begin()
        for name, ballast in ballasts.items():
            self._free_before[name] = ballast.free_bytes()
            await self._fill(ballast)

    async def confirm(self, scene: Scene) -> Evidence:
        """The room before and now, and that a write is refused."""
        free: dict[str, int] = {}
        for name, ballast in self._made(scene).items():
            await self._fill(ballast)
            free[name] = ballast.free_bytes()
            if not ballast.held_bytes():
                raise NotConfirmed(
                    f"the disk of {name} had only {BYTES.write(self._free_before[name])} left before, so this fault "
                    "took nothing from it"
                )
            if not ballast.is_refused(self.spec.leave_bytes):
                raise NotConfirmed(
                    f"the disk of {name} still took {BYTES.write(BLOCK_BYTES)} more than it was to have left; "
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
                    for ballast in self._made(scene).values():
                        await self._fill(ballast)
                await asyncio.wait([over], timeout=_TOP_UP_EVERY_S)
        finally:
            over.cancel()

    async def revert(self, scene: Scene) -> Evidence:
        """Remove what filled the disk, and see the room again, unless another takes it."""
        free: dict[str, int] = {}
        others: dict[str, Sequence[str]] = {}
        left: list[str] = []
        for name, ballast in self._made(scene).items():
            if name not in self._free_before:
                continue  # nothing was ever written there
            try:
                held_bytes = ballast.held_bytes()
                ballast.remove()
                free[name] = ballast.free_bytes()
                beside = ballast.beside()
            except (ProcessError, OSError) as error:
                left.append(f"the disk of {name} could not be seen to have room again: {error}")
                continue
            if beside:
                others[name] = beside
            elif free[name] < held_bytes // 2:
                left.append(
                    f"{BYTES.write(held_bytes)} were removed from the disk of {name}, and only "
                    f"{BYTES.write(free[name])} are free on it"
                )
        if left:
            raise NotReverted("; ".join(left))
        still = {"still_filled_by_another": others} if others else {}
        return {"free_after_bytes": free, **still, **self._felt.evidence(scene)}

    async def _fill(self, ballast: Ballast) -> None:
        await in_thread(ballast.fill, self.spec.leave_bytes)

    def _made(self, scene: Scene) -> Mapping[str, Ballast]:
        """What takes the room, as the disks are when this injection begins; those out of reach have none."""
        if self._ballasts is None:
            self._ballasts = {}
            for name in scene.targets:
                with contextlib.suppress(ProcessGoneError):
                    disk = OwnDiskInReach.at(scene.disk(name), self.spec.size_bytes)
                    self._ballasts[name] = Ballast(disk, scene.name)
        return self._ballasts
