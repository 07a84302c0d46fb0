"""`resource`: what does a component use: CPU, memory, open files, threads, disk?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from pydantic import Field

from chaos.experiment.answers import AnswerSpec, Kind
from chaos.experiment.targets import Cast
from chaos.experiment.units import BYTES, Quantity
from chaos.monitor.samples import ResourceSample
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene


class Resource(StrEnum):
    """What a component uses."""

    CPU = "cpu"
    MEMORY = "memory"
    OPEN_FILES = "open-files"
    THREADS = "threads"
    DISK = "disk"


_MEASURES: Mapping[Resource, tuple[Quantity | None, Callable[[ResourceSample], float | None]]] = {
    Resource.CPU: (None, lambda sample: sample.cpu_percent / 100),
    Resource.MEMORY: (BYTES, lambda sample: float(sample.resident_bytes)),
    Resource.OPEN_FILES: (None, lambda sample: float(sample.open_files)),
    Resource.THREADS: (None, lambda sample: float(sample.threads)),
    Resource.DISK: (BYTES, lambda sample: None if sample.data_bytes is None else float(sample.data_bytes)),
}


class ResourceSpec(AnswerSpec):
    """What a component and all that it has started use, as it is sampled once a second."""

    target: str = Field("core", description="the component")
    what: Resource = Field(
        description="`cpu`: cores kept busy (`1.5`); `memory`: resident memory; `open-files`: open files and "
        "connections; `threads`; `disk`: what its data directory takes"
    )

    @property
    def kind(self) -> Kind:
        """A number."""
        return Kind.NUMBER

    @property
    def quantity(self) -> Quantity | None:
        """A size for memory and disk; else a plain number."""
        return _MEASURES[self.what][0]

    @property
    def needs_s(self) -> float:
        """A window must be old enough for a sample of its own."""
        return 2.5


class ResourceProbe(Probe[ResourceSpec]):
    """Reads the newest sample; says nothing until there is one of the current window."""

    spec_model = ResourceSpec
    summary = "what a component uses: CPU, memory, open files, threads, disk"
    example = "{probe: resource, target: core, what: memory, at-most: 200MiB}"

    @property
    def subject(self) -> str:
        """What is used, and by whom."""
        return f"{self.spec.what} of {self.spec.target}"

    def problems(self, cast: Cast) -> Iterable[tuple[str, str]]:
        """Producers and workers keep no data."""
        if self.spec.what is Resource.DISK and self.spec.target in cast.load:
            yield (
                "what",
                f"{self.spec.target} keeps no data on a disk; ask for the `disk` of a component of the system",
            )

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """What was used a moment ago."""
        sample = scene.usage(self.spec.target)
        if sample is None or sample.time_ns < scene.window_started_ns:
            return None
        value = _MEASURES[self.spec.what][1](sample)
        if value is None:
            raise NoAnswer(f"{self.spec.target} has no data directory of its own")
        return value
