"""The embedded queue under test."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from chaos import __version__
from chaos.experiment.model import Guarantee, SystemSpec
from chaos.parts.missing import Missing
from chaos.processes.ports import LOOPBACK, free_port
from chaos.systems.protocol import ComponentSpec, Description, HoldEnds
from chaos.systems.readiness import lists_jobs


class ReferenceSpec(SystemSpec):
    """The options of the `reference` system."""

    defect: SkipJsonSchema[str | None] = Field(None, description="a mistake to plant, for `chaos selftest`")

    @field_validator("defect")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None:
            from chaos.systems.reference.defects import DEFECTS  # only here: few experiments plant one

            if name not in DEFECTS:
                raise ValueError(f"no defect is called {name!r}; there are {', '.join(sorted(DEFECTS))}")
        return name


class ReferenceSystem:
    """One embedded queue, in a process and a directory of its own."""

    spec_model: ClassVar[type[SystemSpec]] = ReferenceSpec
    summary: ClassVar[str] = (
        "an embedded durable queue that does what it promises: to try experiments and the checks on"
    )

    def __init__(self, spec: SystemSpec, directory: Path) -> None:
        if not isinstance(spec, ReferenceSpec):
            raise TypeError(f"reference is configured by a ReferenceSpec, not by {type(spec).__name__}")
        self._spec = spec
        self._directory = directory
        self._addresses: tuple[str, ...] = ()

    @classmethod
    def component_groups(cls, spec: SystemSpec) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG003
        """One core."""
        return {"cores": ("core",)}

    @classmethod
    def missing(cls, spec: SystemSpec) -> list[Missing]:  # noqa: ARG003
        """Nothing: all it needs comes with the toolkit."""
        return []

    def prepare(self) -> tuple[ComponentSpec, ...]:
        """Choose a port. The queue makes its directory itself."""
        address = f"{LOOPBACK}:{free_port()}"
        self._addresses = (address,)
        data = self._directory.absolute()
        command = [
            sys.executable,
            "-P",
            "-m",
            "chaos.systems.reference",
            "--listen",
            address,
            "--data",
            str(data),
        ]
        if self._spec.defect is not None:
            command += ["--defect", self._spec.defect]
        return (
            ComponentSpec(
                "core", tuple(command), is_ready=lambda: lists_jobs(address), address=address, data=data
            ),
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where clients reach the queue, once prepared."""
        return self._addresses

    def describe(self) -> Description:
        """What the queue promises and can tell.

        It keeps time in milliseconds and lets a lease outlive its timeout by a good deal more than that; the
        resolution given here also covers a job's way from the queue to its worker. With a planted defect it is
        another version.
        """
        return Description(
            name="reference",
            version=f"{__version__}+{self._spec.defect}" if self._spec.defect else __version__,
            guarantee=Guarantee.AT_LEAST_ONCE,
            looks_up=True,
            lists=True,
            keeps_finished=True,
            deduplicates=True,
            fences=True,
            hold_ends=HoldEnds.TIMEOUT,
            clock_resolution_s=0.05,
        )
