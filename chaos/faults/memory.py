"""`memory`: hold a part of the machine's memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from chaos.experiment.model import LastingSpec
from chaos.experiment.targets import Cast
from chaos.experiment.units import BYTES, Bytes
from chaos.faults.protocol import Evidence, Scene
from chaos.faults.stress import Stress, Used
from chaos.processes.errors import StartFailedError
from chaos.processes.spare_memory import spare_memory_bytes

_MARGIN_BYTES: Final = 256 * 1024 * 1024
"""What is left for everybody else: a machine without memory ends processes that nobody chose."""

_HELD: Final = 0.95


class MemorySpec(LastingSpec):
    """Holds memory of this machine."""

    size_bytes: Annotated[Bytes, BYTES.within("4MiB")] = Field(
        alias="size", description="how much memory is held", examples=["256MiB", "1GiB"]
    )


class Memory(Stress[MemorySpec]):
    """Holds memory. What stress-ng's processes have resident is the evidence."""

    spec_model = MemorySpec
    summary = "hold a part of the machine's memory"
    evidence = "the memory that stress-ng's processes have resident, and what was to spare before and during"
    example: ClassVar[str] = """\
fault: memory
size: 256MiB
at: 30% of jobs
for: 3s
"""
    variety: ClassVar[Mapping[str, Sequence[str]]] = {"size": ("64MiB", "256MiB")}

    def problems(self, cast: Cast) -> list[str]:
        """More than the machine has to spare now."""
        return self._too_much() or super().problems(cast)

    async def inject(self, scene: Scene) -> None:
        """Take the memory, if the machine still has it to spare: the load, or another fault, may have taken it."""
        if too_much := self._too_much():
            raise StartFailedError(*too_much)
        await super().inject(scene)

    def _too_much(self) -> list[str]:
        spare_bytes = spare_memory_bytes()
        if self.spec.size_bytes <= spare_bytes - _MARGIN_BYTES:
            return []
        return [
            f"{BYTES.write(self.spec.size_bytes)} is too much: this machine has {spare_bytes // 2**20} MiB to spare, "
            f"of which {_MARGIN_BYTES // 2**20} MiB are left to others"
        ]

    def arguments(self) -> Sequence[str]:
        """One process that writes to all of it, and then keeps it without any further work."""
        size = str(self.spec.size_bytes)
        return ("--vm", "1", "--vm-bytes", size, "--vm-keep", "--vm-hang", "0", "--vm-method", "zero-one")

    async def measure(self, scene: Scene) -> Mapping[str, Any]:  # noqa: ARG002
        """What there is to spare."""
        return {"spare_bytes": spare_memory_bytes()}

    def bite(self, first: Used, now: Used, elapsed_s: float) -> Evidence | None:  # noqa: ARG002
        """What is resident, once it is all that was asked for, but for a little."""
        if now.resident_bytes < _HELD * self.spec.size_bytes:
            return None
        return {"asked_bytes": self.spec.size_bytes, "resident_bytes": now.resident_bytes}

    def shortfall(self, first: Used, now: Used, elapsed_s: float) -> str:  # noqa: ARG002
        """How little is resident."""
        return f"stress-ng had {now.resident_bytes} B resident, and asked for {self.spec.size_bytes}"
