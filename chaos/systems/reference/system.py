"""The embedded queue under test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from chaos import __version__
from chaos.cron import Missed
from chaos.experiment.model import Guarantee, SystemSpec
from chaos.experiment.units import wrong
from chaos.monitor.log_rules import LogRule, Tone
from chaos.parts.missing import Missing
from chaos.processes.own_program import own_program
from chaos.processes.ports import LOOPBACK, free_port
from chaos.systems.protocol import ComponentSpec, Description, HoldEnds
from chaos.systems.readiness import lists_jobs
from chaos.systems.reference.jobs import JobState
from chaos.systems.sqlite_store import SqliteStore
from chaos.systems.store import Aspect, Store

_DATABASE_FILE = "queue.db"
_TALLY = "SELECT coalesce(sum(jobs), 0) FROM tallies WHERE state = {:d}"
_QUESTIONS = {
    Aspect.PENDING: _TALLY.format(JobState.PENDING),
    Aspect.RUNNING: _TALLY.format(JobState.RUNNING),
    Aspect.DONE: _TALLY.format(JobState.SUCCESS),
    Aspect.DEAD: _TALLY.format(JobState.DEAD),
    # A lease that has just ended is about to be taken back.
    Aspect.STUCK: f"SELECT count(*) FROM jobs WHERE state = {JobState.RUNNING:d} "
    "AND lease_until_ms + 1000 < :monotonic_ms",
}


class ReferenceSpec(SystemSpec):
    """The options of the `reference` system."""

    storage: Literal["sqlite"] = Field("sqlite", description="where the queue keeps its jobs")
    cores: int = Field(
        1, ge=1, description="how many processes the queue is; one, because its file has one owner"
    )
    missed: Missed = Field(
        Missed.ONCE,
        description="what becomes of the due times of a schedule that pass while the queue is down",
    )
    defect: SkipJsonSchema[str | None] = Field(None, description="a mistake to plant, for `chaos selftest`")

    @field_validator("cores")
    @classmethod
    def _is_one(cls, number: int) -> int:
        if number > 1:
            raise wrong(
                f"`reference` keeps its jobs in a SQLite file, which {number} cores can't share; take one, or the "
                "system `reseolio` with `storage: postgres`"
            )
        return number

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
    log_rules: ClassVar[tuple[LogRule, ...]] = (
        LogRule("database-unwritable", Tone.BAD, "the database can't be written"),
        LogRule("database-unreadable", Tone.BAD, "the database can't be read"),
        LogRule("database-writable-again", Tone.GOOD, "the database can be written again"),
        LogRule("worker-disconnected", Tone.NEUTRAL, "disconnected", r"worker \S+ disconnected"),
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
        options = ["--listen", address, "--data", str(data), "--missed", self._spec.missed]
        if self._spec.defect is not None:
            options += ["--defect", self._spec.defect]
        command = own_program("chaos.systems.reference", *options)
        return (
            ComponentSpec("core", command, is_ready=lambda: lists_jobs(address), address=address, data=data),
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where clients reach the queue, once prepared."""
        return self._addresses

    def store(self) -> Store:
        """Its database. A job is stuck once its lease has been over for a second and nobody has taken it back."""
        return SqliteStore(self._directory.absolute() / _DATABASE_FILE, _QUESTIONS)

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
