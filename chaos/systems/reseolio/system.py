"""Reseolio under test: its published core, or one that the user built; one on SQLite, or several on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from chaos.databases.postgres import DatabaseUrl
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.model import Guarantee, SystemSpec
from chaos.experiment.targets import CORES
from chaos.experiment.units import wrong
from chaos.experiment.variant import Variant
from chaos.parts.cache import sha256_of
from chaos.parts.missing import Missing
from chaos.processes.ports import LOOPBACK, free_port
from chaos.systems import postgres
from chaos.systems.postgres.store import PostgresStore
from chaos.systems.protocol import ComponentSpec, Description, HoldEnds, Reach, SystemUnavailable
from chaos.systems.readiness import lists_jobs
from chaos.systems.reseolio.locate import Core, CoreNotFoundError, find_core
from chaos.systems.reseolio.log_rules import LOG_RULES
from chaos.systems.reseolio.pin import PACKAGE, PREBUILT
from chaos.systems.sqlite_store import SqliteStore
from chaos.systems.store import Aspect, Store

_DATABASE_FILE = "reseolio.db"
_DATABASE_VARIABLE = "RESEOLIO_DB"
_DIGITS_OF_UNKNOWN = 12

_COUNT = "SELECT count(*) FROM jobs WHERE status = '{}'"
# Times are stored in whole seconds, so a job may have started almost a second later than it says.
_BEYOND = " AND (started_at + 1) * 1000 + {} < {}"


def _questions(timeout_ms: str, now_ms: str) -> Mapping[Aspect, str]:
    """How the jobs of each aspect are counted, given how this SQL says a job's timeout, and now."""
    return {
        Aspect.PENDING: _COUNT.format("PENDING"),
        Aspect.RUNNING: _COUNT.format("RUNNING"),
        Aspect.DONE: _COUNT.format("SUCCESS"),
        Aspect.DEAD: _COUNT.format("DEAD"),
        Aspect.STUCK: _COUNT.format("RUNNING") + _BEYOND.format(timeout_ms, now_ms),
    }


_IN_SQLITE = _questions("json_extract(options, '$.timeout_ms')", ":wall_ms")
_IN_POSTGRES = _questions(
    "CAST(CAST(options AS json) ->> 'timeout_ms' AS bigint)", "CAST(:wall_ms AS bigint)"
)


class ReseolioSpec(SystemSpec):
    """The options of the `reseolio` system."""

    bin: EnvironmentText | None = Field(
        None,
        description="the core to run; found or fetched if left out",
        examples=["./target/release/reseolio", "${env:CORE}"],
    )
    storage: Literal["sqlite", "postgres"] = Field(
        "sqlite", description="where the cores keep their jobs; `postgres` starts a server for the run"
    )
    cores: int = Field(1, ge=1, le=32, description="how many cores share one database; on PostgreSQL alone")
    database_url: EnvironmentText | None = Field(
        None,
        description="a PostgreSQL server to use instead: the run makes a database of its own in it, and drops it",
        examples=["${env:DATABASE_URL}"],
    )
    log_level: Literal["error", "warn", "info", "debug", "trace"] = Field(
        "info", description="what the core writes to its log"
    )

    @model_validator(mode="after")
    def _storage_fits(self) -> Self:
        if self.storage == "sqlite" and self.cores > 1:
            raise wrong(
                f"{self.cores} cores can't share a SQLite file; add `storage: postgres`, or take one core"
            )
        if self.database_url is None:
            return self
        if self.storage == "sqlite":
            raise wrong("`database-url` names a PostgreSQL server; add `storage: postgres`")
        if not self.database_url.is_a_variable:
            raise wrong(
                "`database-url` would put a password on the disk; keep the URL in a variable, and name that: "
                "`${env:DATABASE_URL}`"
            )
        return self

    @property
    def existing(self) -> tuple[str, ...]:
        """The database server, if one is named."""
        return () if self.database_url is None else (postgres.NAME,)

    @property
    def variant(self) -> Variant:
        """A server that was there before is not the one that a run starts."""
        if self.database_url is None:
            return super().variant
        return {**super().variant, "database-url": self.database_url.text}


class ReseolioSystem:
    """One Reseolio core on a SQLite database, or one or several on a PostgreSQL database."""

    spec_model = ReseolioSpec
    summary = "Reseolio: a Rust core that speaks gRPC and pushes jobs to workers; on SQLite or PostgreSQL"
    log_rules = LOG_RULES

    def __init__(self, spec: SystemSpec, directory: Path) -> None:
        if not isinstance(spec, ReseolioSpec):
            raise TypeError(f"reseolio is configured by a ReseolioSpec, not by {type(spec).__name__}")
        self._spec = spec
        self._directory = directory
        self._core: Core | None = None
        self._database: postgres.Cluster | postgres.ExistingServer | None = None
        self._addresses: tuple[str, ...] = ()

    @classmethod
    def component_groups(cls, spec: SystemSpec) -> Mapping[str, tuple[str, ...]]:
        """The cores, and the database server where there is one."""
        if not isinstance(spec, ReseolioSpec) or spec.storage == "sqlite":
            return {CORES: ("core",)}
        return {CORES: _names(spec.cores), postgres.GROUP: (postgres.NAME,)}

    @classmethod
    def missing(cls, spec: SystemSpec) -> list[Missing]:
        """The core, and the database server, if this machine has none."""
        found = []
        try:
            find_core(_named(spec))
        except CoreNotFoundError as error:
            found.append(Missing(error.reason, "the system `reseolio`", error.mend))
        if isinstance(spec, ReseolioSpec) and spec.storage == "postgres":
            found += postgres.missing(spec.database_url)
        return found

    def prepare(self) -> tuple[ComponentSpec, ...]:
        """Find the core and the database server, choose their ports, make their directory.

        Raises:
            SystemUnavailable: There is no core or no server; the message says where was looked.
        """
        self._core = find_core(_named(self._spec))
        self._directory.mkdir(parents=True, exist_ok=True)
        self._addresses = tuple(f"{LOOPBACK}:{free_port()}" for _ in range(self._spec.cores))
        if self._spec.storage == "sqlite":
            directory = self._directory.absolute()
            (address,) = self._addresses
            options = ("--database-url", f"sqlite://{directory / _DATABASE_FILE}")
            return (replace(self._on(self._core, "core", address, options), data=directory),)
        self._database = database = postgres.database(self._spec.database_url, self._directory)
        cores = (
            replace(self._on(self._core, name, address), servers=partial(_reaching, database.url))
            for name, address in zip(_names(self._spec.cores), self._addresses, strict=True)
        )
        return (database.component(), *cores)

    def _on(self, core: Core, name: str, address: str, options: tuple[str, ...] = ()) -> ComponentSpec:
        """A core that listens there."""
        return ComponentSpec(
            name=name,
            command=(str(core.path), *options, "--listen-addr", address),
            environment={"RUST_LOG": self._spec.log_level},
            is_ready=lambda: lists_jobs(address),
            address=address,
            group=CORES,
        )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where clients reach each core, once prepared."""
        return self._addresses

    def store(self) -> Store:
        """Its database. A job is stuck once it has run beyond its timeout."""
        if self._database is not None:
            return PostgresStore(self._database.url, _IN_POSTGRES)
        return SqliteStore(self._directory.absolute() / _DATABASE_FILE, _IN_SQLITE)

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


def _names(cores: int) -> tuple[str, ...]:
    """`core`, `core-2`, `core-3`."""
    return ("core", *(f"core-{number}" for number in range(2, cores + 1)))


def _reaching(url: DatabaseUrl, reach: Reach) -> Mapping[str, str]:
    """What tells a core its database: no option, because it holds a password, and options are read by everybody."""
    return {_DATABASE_VARIABLE: url.at(reach(postgres.NAME)).with_password()}


def _named(spec: SystemSpec) -> str | None:
    """The core that an experiment names, its variables filled in."""
    return spec.bin.expand() if isinstance(spec, ReseolioSpec) and spec.bin is not None else None


def _version_of(path: Path) -> str:
    """The release that this file is, or how its SHA-256 begins: every core calls itself v0.1.0."""
    digest = sha256_of(path)
    released = {core.sha256: PACKAGE.version for core in PREBUILT.values()}
    return released.get(digest, f"sha256:{digest[:_DIGITS_OF_UNKNOWN]}")
