"""`io`: keep the disk that the run lies on busy."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from chaos.clock import now_ns
from chaos.experiment.model import LastingSpec
from chaos.experiment.units import BYTES, Bytes
from chaos.faults.protocol import Evidence, Scene
from chaos.faults.stress import Stress, Used
from chaos.parts.missing import Missing
from chaos.processes.errors import StartFailedError
from chaos.processes.threads import in_thread

_BLOCK_BYTES: Final = 64 * 1024
_WRITES_MEASURED: Final = 5
_LEAST_BYTES: Final = 1024 * 1024
_ROOM_LEFT_BYTES: Final = 512 * 1024 * 1024


class IoSpec(LastingSpec):
    """Keeps the disk of the run's directory busy."""

    writers: int = Field(
        2, ge=1, le=256, description="how many processes write at once, each to a file of its own"
    )
    size_bytes: Annotated[Bytes, BYTES.within("1MiB", "16GiB")] = Field(
        32 * 1024 * 1024, alias="size", description="how large each file gets before it is written anew"
    )


class Io(Stress[IoSpec]):
    """Keeps a disk busy with writes that reach it. What was written, and how long a write of ours took, tell."""

    spec_model = IoSpec
    summary = "keep the disk that the run lies on busy with writes"
    evidence = (
        "the bytes that stress-ng's processes wrote, and how long a write of ours took before and during"
    )
    example: ClassVar[str] = """\
fault: io
writers: 2
size: 32MiB
at: 30% of jobs
for: 3s
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {"writers": ("1", "2", "4")}

    @classmethod
    def missing(cls) -> list[Missing]:
        """stress-ng, or the count of what a process writes."""
        if sys.platform == "darwin":
            return [Missing("macOS does not tell what a process writes", "the fault `io`", "run it on Linux")]
        return super().missing()

    async def inject(self, scene: Scene) -> None:
        """Start the writers, if they leave room for others."""
        wanted_bytes = self.spec.writers * self.spec.size_bytes + _ROOM_LEFT_BYTES
        free_bytes = shutil.disk_usage(scene.scratch).free
        if free_bytes < wanted_bytes:
            raise StartFailedError(
                f"{scene.scratch} has {free_bytes} B free, and {wanted_bytes} are needed to leave room for others; "
                "choose a smaller `size` or fewer `writers`"
            )
        await super().inject(scene)

    def arguments(self) -> Sequence[str]:
        """Writers whose every write has to reach the disk."""
        return (
            "--hdd",
            str(self.spec.writers),
            "--hdd-bytes",
            str(self.spec.size_bytes),
            "--hdd-opts",
            "dsync",
        )

    async def measure(self, scene: Scene) -> Mapping[str, Any]:
        """How long a block of ours takes to reach the disk, at the median."""
        return {"write_ms": await in_thread(_median_write_ms, self._place(scene) / "write")}

    def bite(self, first: Used, now: Used, elapsed_s: float) -> Evidence | None:
        """What was written, once it is more than a little."""
        written_bytes = now.written_bytes - first.written_bytes
        if written_bytes < _LEAST_BYTES:
            return None
        return {"written_bytes": written_bytes, "written_bytes_per_s": round(written_bytes / elapsed_s)}

    def shortfall(self, first: Used, now: Used, elapsed_s: float) -> str:  # noqa: ARG002
        """How little was written."""
        return f"stress-ng had written {now.written_bytes - first.written_bytes} B"


def _median_write_ms(path: Path) -> float:
    path.parent.mkdir(parents=True, exist_ok=True)
    took_ns = []
    with path.open("wb", buffering=0) as file:
        for _ in range(_WRITES_MEASURED):
            start_ns = now_ns()
            file.write(bytes(_BLOCK_BYTES))
            os.fsync(file.fileno())
            took_ns.append(now_ns() - start_ns)
    path.unlink()
    return round(sorted(took_ns)[_WRITES_MEASURED // 2] / 1e6, 3)
