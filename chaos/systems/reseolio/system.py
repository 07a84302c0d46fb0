"""Reseolio under test: its published core on SQLite, or one that the user built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from chaos.experiment.environment import EnvironmentText
from chaos.experiment.model import Guarantee, SystemSpec
from chaos.parts.cache import sha256_of
from chaos.parts.missing import Missing
from chaos.processes.ports import LOOPBACK, free_port
from chaos.systems.protocol import ComponentSpec, Description, HoldEnds, SystemUnavailable
from chaos.systems.readiness import lists_jobs
from chaos.systems.reseolio.locate import Core, CoreNotFoundError, find_core
from chaos.systems.reseolio.pin import PACKAGE, PREBUILT
from chaos.systems.sqlite_store import SqliteStore
from chaos.systems.store import Aspect, Store

_DATABASE_FILE = "reseolio.db"
_DIGITS_OF_UNKNOWN = 12

_COUNT = "SELECT count(*) FROM jobs WHERE status = '{}'"
_QUESTIONS = {
    Aspect.PENDING: _COUNT.format("PENDING"),
    Aspect.RUNNING: _COUNT.format("RUNNING"),
    Aspect.DONE: _COUNT.format("SUCCESS"),
    Aspect.DEAD: _COUNT.format("DEAD"),
    # Times are stored in whole seconds, so a job may have started almost a second later than it says.
    Aspect.STUCK: _COUNT.format("RUNNING")
    + " AND (started_at + 1) * 1000 + json_extract(options, '$.timeout_ms') < :wall_ms",
}


class ReseolioSpec(SystemSpec):
    """The options of the `reseolio` system."""

    bin: EnvironmentText | None = Field(
        None,
        description="the core to run; found or fetched if left out",
        examples=["./target/release/reseolio", "${env:CORE}"],
    )
    storage: Literal["sqlite"] = Field("sqlite", description="where the core keeps its jobs")
    log_level: Literal["error", "warn", "info", "debug", "trace"] = Field(
        "info", description="what the core writes to its log"
    )


class ReseolioSystem:
    """One Reseolio core on a SQLite database of its own."""

    spec_model = ReseolioSpec
    summary = "Reseolio: a Rust core that speaks gRPC and pushes jobs to workers; SQLite"

    def __init__(self, spec: SystemSpec, directory: Path) -> None:
        if not isinstance(spec, ReseolioSpec):
            raise TypeError(f"reseolio is configured by a ReseolioSpec, not by {type(spec).__name__}")
        self._spec = spec
        self._directory = directory
        self._core: Core | None = None
        self._addresses: tuple[str, ...] = ()

    @classmethod
    def component_groups(cls, spec: SystemSpec) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG003
        """One core."""
        return {"cores": ("core",)}

    @classmethod
    def missing(cls, spec: SystemSpec) -> list[Missing]:
        """The core, if this machine has none."""
        try:
            find_core(_named(spec))
        except CoreNotFoundError as error:
            return [Missing(error.reason, "the system `reseolio`", error.mend)]
        return []

    def prepare(self) -> tuple[ComponentSpec, ...]:
        """Find the core, choose its port, make its directory.

        Raises:
            SystemUnavailable: There is no core; the message says where was looked.
        """
        self._core = find_core(_named(self._spec))
        self._directory.mkdir(parents=True, exist_ok=True)
        address = f"{LOOPBACK}:{free_port()}"
        self._addresses = (address,)
        database = self._directory.absolute() / _DATABASE_FILE
        return (
            ComponentSpec(
                name="core",
                command=(
                    str(self._core.path),
                    "--database-url",
                    f"sqlite://{database}",
                    "--listen-addr",
                    address,
                ),
                environment={"RUST_LOG": self._spec.log_level},
                is_ready=lambda: lists_jobs(address),
                address=address,
                data=self._directory.absolute(),
            ),
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where clients reach the core, once prepared."""
        return self._addresses

    def store(self) -> Store:
        """Its database. A job is stuck once it has run beyond its timeout."""
        return SqliteStore(self._directory.absolute() / _DATABASE_FILE, _QUESTIONS)

    def describe(self) -> Description:
        """What Reseolio promises and can tell, once prepared.

        When a worker's stream ends, the core hands its running jobs to others; that worker is never told and
        may go on. So nothing ends its hold but the job's timeout.
        """
        if self._core is None:
            raise SystemUnavailable("reseolio was asked what it is before it was prepared")
        return Description(
            name="reseolio",
            version=_version_of(self._core.path),
            guarantee=Guarantee.AT_LEAST_ONCE,
            looks_up=True,
            lists=True,
            keeps_finished=True,
            deduplicates=True,
            fences=False,
            hold_ends=HoldEnds.TIMEOUT,
            clock_resolution_s=1.0,
        )


def _named(spec: SystemSpec) -> str | None:
    """The core that an experiment names, its variables filled in."""
    return spec.bin.expand() if isinstance(spec, ReseolioSpec) and spec.bin is not None else None


def _version_of(path: Path) -> str:
    """The release that this file is, or how its SHA-256 begins: every core calls itself v0.1.0."""
    digest = sha256_of(path)
    released = {core.sha256: PACKAGE.version for core in PREBUILT.values()}
    return released.get(digest, f"sha256:{digest[:_DIGITS_OF_UNKNOWN]}")
