"""What a run starts around its load: the guardian, the system's components and their disks, and the proxies."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import psutil

from chaos.clock import now_ns
from chaos.experiment.targets import Cast
from chaos.faults.protocol import Breakable, OwnDisk, Preparation, ProxiedLink
from chaos.guardian.deed import NotUndone
from chaos.guardian.supervision import Guardian
from chaos.guardian.undo_log import UndoLog, UndoLogFailed
from chaos.ledger.events import ComponentUp, Event, SystemDescribed
from chaos.processes.component import Component
from chaos.processes.errors import ProcessError
from chaos.processes.identity import ProcessIdentity
from chaos.processes.own_disk import OwnDiskHolder
from chaos.processes.threads import in_thread
from chaos.proxies.proxies import Proxies, Wanted
from chaos.run_directory import RunDirectory
from chaos.runner.components import SystemComponent, Wrap
from chaos.runner.existing import ExistingComponent
from chaos.runner.journal import Journal
from chaos.script import Script
from chaos.systems.abilities import Abilities, DidNotTell, abilities_of
from chaos.systems.protocol import ComponentSpec, Description, System
from chaos.systems.registry import system_named


class NeverReady(Exception):
    """A component of the system could not be started, or did not become ready; the message says which and why."""


class Surroundings:
    """Everything of a run that is no load, from its first start to its last end.

    Args:
        script: The experiment, its faults and what they need to be there from the start.
        cast: Who takes part.
        directory: The run's directory.
        journal: Takes the events.
        toxiproxy_url: A Toxiproxy server to use instead of one of the run's own.

    Attributes:
        components: The components of the system under test, by name in the order of their start, once prepared.
        existing: Those that were there before the run.
        undo_log: How each change is undone; there once the guardian is.
    """

    def __init__(
        self,
        script: Script,
        cast: Cast,
        directory: RunDirectory,
        journal: Journal,
        toxiproxy_url: str | None,
    ) -> None:
        self.components: dict[str, SystemComponent] = {}
        self.existing: dict[str, ExistingComponent] = {}
        self._specs: dict[str, ComponentSpec] = {}
        self._to_undo: list[str] = []
        self.guardian = Guardian(directory, journal.record)
        self.proxies = Proxies(directory.name, directory.logs, journal.record, url=toxiproxy_url)
        self.disks: dict[str, OwnDiskHolder] = {}
        self._preparations: tuple[Preparation, ...] = tuple(
            dict.fromkeys(need for _, fault in script.faults for need in fault.preparations(cast))
        )
        self._directory = directory
        self._journal = journal
        spec = script.experiment.system
        self.system: System = system_named(spec.name)(spec, directory.system)
        self._undo_log: UndoLog | None = None

    @property
    def undo_log(self) -> UndoLog:
        """How each change is undone; there once `guard` has returned."""
        assert self._undo_log is not None
        return self._undo_log

    async def guard(self) -> None:
        """Have a guardian watch this run, before anything is started that would have to be ended.

        Raises:
            GuardianFailed: It can't be.
            HaltedError: No run may start now.
        """
        await self.guardian.start()
        self._undo_log = UndoLog(self._directory)
        self._journal.also_tell(self._note_process)

    def _note_process(self, event: Event) -> None:
        """Every process that is started is on the disk, so that the guardian knows whom to end."""
        if isinstance(event, ComponentUp):
            try:
                identity = ProcessIdentity.of(event.pid)
            except psutil.NoSuchProcess:
                return
            try:
                self.undo_log.started(event.component, identity)
            except UndoLogFailed as error:
                self._journal.fail(str(error))

    def prepare(self) -> None:
        """Choose what is to be started.

        Raises:
            SystemUnavailable: The system can't be prepared.
        """
        self._directory.scratch.mkdir()
        for spec in self.system.prepare():
            self._specs[spec.name] = spec
            if not spec.command:
                self.existing[spec.name] = ExistingComponent(spec)
                continue
            component = Component(spec.name, self._journal.record)
            self.components[spec.name] = SystemComponent(spec, component, self._directory.logs)

    async def start(self) -> Description:
        """Start the proxies, and then the components, each on a disk of its own where a fault asks for it.

        A component may be the client of another through a proxy, so that must be there first.

        Raises:
            NeverReady: A component can't be started, did not become ready, or did not tell what it can do.
            ProcessError: The Toxiproxy server can't be started.
            ProxyError: It refused a proxy, or did not answer.
        """
        await self._start_proxies()
        for name, spec in self._specs.items():
            if spec.undo:
                self.undo_log.intend(_made_for(name), spec.undo)
                self._to_undo.append(name)
            try:
                await self._start_one(name)
            except ProcessError as error:
                raise NeverReady(f"{name} never became ready: {error}") from error
        description = replace(self.system.describe(), **vars(await self._abilities()))
        self._journal.record(SystemDescribed(time_ns=now_ns(), description=vars(description)))
        return description

    async def _abilities(self) -> Abilities:
        try:
            return await abilities_of(self.system.addresses[0])
        except DidNotTell as error:
            raise NeverReady(str(error)) from error

    async def _start_one(self, name: str) -> None:
        if name in self.existing:
            await self.existing[name].start()
            return
        component, spec = self.components[name], self._specs[name]
        servers = {} if spec.servers is None else spec.servers(lambda server: self.address_for(name, server))
        sizes = {need.component: need.size_bytes for need in self._preparations if isinstance(need, OwnDisk)}
        if name in sizes:
            wrap = await self._own_disk(component, sizes[name])
            await component.start(wrap, servers)
        else:
            await component.start(servers=servers)

    async def _start_proxies(self) -> None:
        wanted = [
            Wanted(need.client, need.server, self._address(need.server), self._specs[need.server].ask)
            for need in self._preparations
            if isinstance(need, ProxiedLink)
        ]
        if wanted:
            if self.proxies.undo:
                self.undo_log.intend("proxies", self.proxies.undo)
            await self.proxies.start(wanted)

    async def _own_disk(self, component: SystemComponent, size_bytes: int) -> Wrap:
        data = component.spec.data
        assert data is not None, "a fault that needs a component's data has asked for it"
        holder = OwnDiskHolder()
        self.disks[component.name] = holder
        log_path = self._directory.logs / f"{component.name}-disk.log"
        await holder.start(component.name, data, size_bytes, log_path, self._journal.record)
        return holder.wrap

    def _address(self, server: str) -> str:
        address = self._specs[server].address
        assert address is not None, f"{server} is in the cast's links, so it serves somebody"
        return address

    def address_for(self, client: str, server: str) -> str:
        """Where a client reaches a server: through a proxy, if there is one for the two."""
        return self.proxies.address(client, server, self._address(server))

    @property
    def breakables(self) -> Mapping[str, Breakable]:
        """Every component of the system, by name."""
        return {**self.components, **self.existing}

    @property
    def reachable_disks(self) -> Mapping[str, Path]:
        """Where the file systems that were made for components can be reached from outside."""
        return {name: holder.reach for name, holder in self.disks.items()}

    def data_of(self, component: str) -> Path | None:
        """Where the data of a component of the system can be reached from outside, once it was started."""
        if component in self.disks:
            return self.disks[component].reach
        return self.components[component].spec.data if component in self.components else None

    @property
    def watched(self) -> list[Component]:
        """The components that must not end by themselves."""
        beside = [self.proxies.component, *(holder.component for holder in self.disks.values())]
        return [
            *(component.component for component in self.components.values()),
            *(component for component in beside if component is not None),
        ]

    async def stop(self) -> list[str]:
        """End all of it, whatever goes wrong on the way; what could not be ended or undone, a line each."""
        left = []
        for what, stop in self._stops():
            try:
                await stop()
            except NotUndone as error:
                left.append(str(error))
            except Exception as error:  # noqa: BLE001 - the others must be stopped all the same
                left.append(f"{what} could not be stopped: {error}")
        if self._undo_log is not None:
            self._undo_log.close()
        shutil.rmtree(self._directory.scratch, ignore_errors=True)
        return left + await self.guardian.dismiss()

    async def _stop_proxies(self) -> None:
        await self.proxies.stop()
        if self.proxies.undo and self._undo_log is not None:
            self._undo_log.undone("proxies")

    async def _take_away(self) -> None:
        """Take away what components leave behind. What can't be stays in the undo log, and so the run registered.

        Raises:
            NotUndone: Something is left; the others are gone.
        """
        failures = []
        while self._to_undo:
            name = self._to_undo.pop()
            try:
                for deed in self._specs[name].undo:
                    await in_thread(deed.carry_out)
            except NotUndone as error:
                failures.append(str(error))
            else:
                self.undo_log.undone(_made_for(name))
        if failures:
            raise NotUndone("; ".join(failures))

    def _stops(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        return [
            *((name, component.stop) for name, component in reversed(self.components.items())),
            ("what they leave behind", self._take_away),
            ("toxiproxy", self._stop_proxies),
            *((f"the disk of {name}", holder.stop) for name, holder in self.disks.items()),
        ]


def _made_for(component: str) -> str:
    """What the change is called in the undo log that a component makes; no fault is called so."""
    return f"component:{component}"
