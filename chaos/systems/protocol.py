"""What the toolkit needs of a system: its processes, its address, and what it can tell about its jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol

from chaos.experiment.model import Guarantee, SystemSpec
from chaos.guardian.deed import Deed
from chaos.monitor.log_rules import LogRule
from chaos.parts.missing import Missing
from chaos.proxies.asking import Asker, lists_jobs

Reach = Callable[[str], str]
"""Where a component reaches another one that it is a client of, by its name: `host:port`, its own or a proxy's."""


class HoldEnds(StrEnum):
    """What ends a worker's hold on a job before its ack: the timeout alone, or also the loss of the connection."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"


@dataclass(frozen=True)
class Description:
    """What a system is and what it can tell. A finding that needs more than this is `unknown`, never zero.

    Attributes:
        name: The system's name in the registry.
        version: What the system calls itself, or how it was pinned.
        guarantee: What it promises.
        looks_up: A job can be asked for by its id.
        lists: Jobs can be listed by state.
        keeps_finished: A finished job can still be asked for.
        deduplicates: A second enqueue under one key is answered with the first job.
        fences: It refuses an ack of an attempt that is no longer current.
        hold_ends: What ends a worker's hold on a job.
        clock_resolution_s: How coarse the clock behind its leases and timeouts is.

    What follows is found by asking the running core (`chaos.systems.abilities`); a system leaves it out.

    Attributes:
        cancels: A job can be cancelled.
        retries_dead: A dead job can be let run again.
        subscribes: Whoever waits for the end of a job is told of it.
        schedules: A job can be fired again and again, by a cron expression.
    """

    name: str
    version: str
    guarantee: Guarantee
    looks_up: bool
    lists: bool
    keeps_finished: bool
    deduplicates: bool
    fences: bool
    hold_ends: HoldEnds
    clock_resolution_s: float
    cancels: bool = False
    retries_dead: bool = False
    subscribes: bool = False
    schedules: bool = False


@dataclass(frozen=True)
class ComponentSpec:
    """One process of a system, ready to be started.

    Attributes:
        name: `core`, `core-2`, `postgres`.
        command: Program and arguments; none for a server that was there before, which is never started or stopped.
        environment: What is added to the environment of the runner.
        is_ready: Asks the running process once whether it answers as it should. Never raises for "not yet".
        ready_within_s: How long a start may take before it counts as failed.
        address: `host:port` that clients reach it at, if they do.
        group: What it is called together with others of its kind, as targets name it: `cores`, `databases`.
        data: The directory that it keeps its data in, if it does; what is written elsewhere is no data of its own.
        ask: Asks it one real question through a proxy.
        servers: What is added to its environment so that it finds those that it is a client of.
        make: Makes what it needs before its first start.
        undo: What takes away what it would leave behind: carried out once it has ended, whoever ended it.
        cwd: Where it runs; where the toolkit does by default.
    """

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_within_s: float = 15.0
    address: str | None = None
    group: str = "cores"
    data: Path | None = None
    ask: Asker = lists_jobs
    servers: Callable[[Reach], Mapping[str, str]] | None = None
    make: Callable[[], Awaitable[None]] | None = None
    undo: tuple[Deed, ...] = ()
    cwd: Path | None = None


class System(Protocol):
    """A system, configured by its spec, living in a directory of its own during one run.

    A class that implements this is made as `SystemClass(spec, directory)`; making it starts and writes nothing.

    Attributes:
        spec_model: What an experiment file may say of it.
        summary: What it is, in one line.
        log_rules: The kinds of lines in the logs of its components that are worth counting; errors that none of them
            names are shown in any case.
    """

    spec_model: ClassVar[type[SystemSpec]]
    summary: ClassVar[str]
    log_rules: ClassVar[tuple[LogRule, ...]]

    def __init__(self, spec: SystemSpec, directory: Path) -> None: ...

    @classmethod
    def component_groups(cls, spec: SystemSpec) -> Mapping[str, tuple[str, ...]]:
        """The names of the components that `prepare` will make, by group (`cores`, `databases`).

        They are told without preparing anything, so that an experiment's targets can be checked.
        """
        ...

    @classmethod
    def missing(cls, spec: SystemSpec) -> list[Missing]:
        """What this machine lacks to run the system; empty if nothing."""
        ...

    def prepare(self) -> tuple[ComponentSpec, ...]:
        """Choose ports, make the directory, and say which processes to start, in order.

        Raises:
            SystemUnavailable: The system can't be prepared; the message says why and what to do.
        """
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """`host:port` of every core that clients may talk to, once prepared."""
        ...

    def describe(self) -> Description:
        """What the system is and what it can tell, once prepared."""
        ...


class SystemUnavailable(Exception):
    """A system can't be had or prepared on this machine; the message says why and what to do."""
