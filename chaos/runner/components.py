"""A component of the system under test, from its first start to its last end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chaos.faults.protocol import DidNotComeBack, Gone
from chaos.processes.component import Component, State
from chaos.processes.errors import ProcessError
from chaos.processes.process import Process
from chaos.systems.protocol import ComponentSpec

Wrap = Callable[[Sequence[str]], Sequence[str]]
"""What is put around a command: the way into a namespace of the component's own."""


class SystemComponent:
    """A component of the system under test: its process, and how it is asked whether it is well."""

    def __init__(self, spec: ComponentSpec, component: Component, logs: Path) -> None:
        self.spec = spec
        self._component = component
        self._log_path = logs / f"{spec.name}.log"
        self._starting = asyncio.Lock()
        self._kills = 0

    @property
    def name(self) -> str:
        """The component's name."""
        return self.spec.name

    @property
    def component(self) -> Component:
        """The supervised component behind it."""
        return self._component

    @property
    def process(self) -> Process:
        """The process of its current or last start."""
        return self._component.process

    @property
    def address(self) -> str | None:
        """`host:port` that it serves at, past every proxy."""
        return self.spec.address

    @property
    def is_up(self) -> bool:
        """Whether its process runs and has answered."""
        return self._component.state is State.READY

    async def start(self, wrap: Wrap = tuple, servers: Mapping[str, str] | None = None) -> None:
        """Start it for the first time and wait until it answers.

        Args:
            wrap: Put around its command, now and at every later start.
            servers: What is added to its environment, so that it finds those that it is a client of.

        Raises:
            ProcessError: What it needs can't be made; or it can't be started, exited, or stayed silent.
        """
        if self.spec.make is not None:
            await self.spec.make()
        await self._component.start(
            wrap(self.spec.command),
            log_path=self._log_path,
            environment={**self.spec.environment, **(servers or {})},
            cwd=self.spec.cwd,
        )
        await self._component.wait_ready(self.spec.is_ready, self.spec.ready_within_s)

    async def kill(self, signal_number: int, *, force_after_s: float | None = None) -> Gone:
        """End its process with a signal, and by force once `force_after_s` has passed."""
        self._kills += 1
        try:
            killed = await self._component.kill(signal_number, force_after_s=force_after_s)
        except ProcessError:
            self._kills -= 1
            raise
        return Gone(killed.requested_ns, killed.gone_ns, str(killed.status))

    async def bring_back(self) -> None:
        """Start it again and wait until it answers; one that is up stays as it is.

        If another fault kills it meanwhile, this returns: to bring it back is that one's business then.
        """
        async with self._starting:
            kills = self._kills
            if self.is_up:
                return
            try:
                await self._component.stop()
                await self._component.restart()
                await self._component.wait_ready(self.spec.is_ready, self.spec.ready_within_s)
            except ProcessError as error:
                if self._kills == kills:
                    raise DidNotComeBack(self.name, str(error)) from error

    async def answers(self) -> bool:
        """Whether it answers a real request, asked now."""
        return await self.spec.is_ready()

    async def stop(self) -> None:
        """End its process and everything that it started. Harmless when it is down.

        Raises:
            ProcessError: Something is left.
        """
        await self._component.stop()
