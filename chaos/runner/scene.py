"""The parts of a run that faults act on and probes look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chaos.faults.protocol import DidNotComeBack, Gone, InFlight
from chaos.processes.component import Component, State
from chaos.processes.errors import ProcessError
from chaos.runner.live import LiveCounts
from chaos.runner.windows import Windows
from chaos.systems.protocol import ComponentSpec


class SystemComponent:
    """A component of the system under test: its process, and how it is asked whether it is well."""

    def __init__(self, spec: ComponentSpec, component: Component, logs: Path) -> None:
        self.spec = spec
        self._component = component
        self._log_path = logs / f"{spec.name}.log"

    @property
    def name(self) -> str:
        """The component's name."""
        return self.spec.name

    @property
    def process(self) -> Component:
        """The supervised process behind it."""
        return self._component

    async def start(self) -> None:
        """Start it for the first time and wait until it answers.

        Raises:
            ProcessError: It can't be started, exited, or stayed silent.
        """
        await self._component.start(
            self.spec.command, log_path=self._log_path, environment=self.spec.environment
        )
        await self._component.wait_ready(self.spec.is_ready, self.spec.ready_within_s)

    async def kill(self, signal_number: int) -> Gone:
        """End its process with a signal."""
        killed = await self._component.kill(signal_number)
        return Gone(killed.requested_ns, killed.gone_ns, str(killed.status))

    async def bring_back(self) -> None:
        """Start it again and wait until it answers; one that is up stays as it is."""
        if self.is_up:
            return
        try:
            await self._component.stop()
            await self._component.restart()
            await self._component.wait_ready(self.spec.is_ready, self.spec.ready_within_s)
        except ProcessError as error:
            raise DidNotComeBack(f"{self.name} did not come back after the fault: {error}") from error

    @property
    def is_up(self) -> bool:
        """Whether its process runs and has answered."""
        return self._component.state is State.READY

    async def stop(self) -> None:
        """End its process and everything that it started. Harmless when it is down.

        Raises:
            ProcessError: Something is left.
        """
        await self._component.stop()


class RunScene:
    """What the faults and probes of this run may touch and see."""

    def __init__(self, components: Mapping[str, SystemComponent], live: LiveCounts, windows: Windows) -> None:
        self._components = components
        self._live = live
        self._windows = windows

    def component(self, name: str) -> SystemComponent:
        """A component of the system, by name."""
        return self._components[name]

    def in_flight(self) -> InFlight:
        """What the ledger says is under way at this moment."""
        self._live.refresh()
        return self._live.in_flight()

    @property
    def window_started_ns(self) -> int:
        """When the current window of the load began."""
        return self._windows.started_ns

    def completions_between(self, start_ns: int, end_ns: int) -> int:
        """Successes acknowledged in this time."""
        self._live.refresh()
        return self._live.completions_between(start_ns, end_ns)

    async def is_ready(self, component: str) -> bool:
        """Whether a component answers as it should, asked now."""
        return await self._components[component].spec.is_ready()
