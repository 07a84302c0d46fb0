"""A component of the system under test that was there before the run."""

from __future__ import annotations

from chaos.faults.protocol import Gone
from chaos.processes.errors import ProcessGoneError, StartFailedError
from chaos.processes.process import Process
from chaos.systems.protocol import ComponentSpec


class ExistingComponent:
    """A server that was there before the run: it is asked, and never started, signalled or stopped."""

    def __init__(self, spec: ComponentSpec) -> None:
        self.spec = spec

    @property
    def name(self) -> str:
        """The component's name."""
        return self.spec.name

    @property
    def process(self) -> Process:
        """Nothing of it is a process of the run's.

        Raises:
            ProcessGoneError: Always.
        """
        raise self._untouched()

    @property
    def address(self) -> str | None:
        """`host:port` that it serves at, past every proxy."""
        return self.spec.address

    @property
    def is_up(self) -> bool:
        """Always: nobody here takes it down."""
        return True

    async def start(self) -> None:
        """Make in it what the run needs, and see that it answers.

        Raises:
            ProcessError: It does not.
        """
        if self.spec.make is not None:
            await self.spec.make()
        if not await self.answers():
            raise StartFailedError(f"the server at {self.spec.address} does not answer")

    async def kill(self, signal_number: int, *, force_after_s: float | None = None) -> Gone:  # noqa: ARG002
        """It is not this run's to end.

        Raises:
            ProcessGoneError: Always.
        """
        raise self._untouched()

    async def bring_back(self) -> None:
        """It never went."""

    async def answers(self) -> bool:
        """Whether it answers a real request, asked now."""
        return await self.spec.is_ready()

    async def stop(self) -> None:
        """It stays as it is."""

    def _untouched(self) -> ProcessGoneError:
        return ProcessGoneError(f"{self.name} was there before the run, so its process is none of the run's")
