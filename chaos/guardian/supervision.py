"""The runner's side of the guardian: started before anything else of a run, dismissed after everything else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from chaos.guardian.halting import Halt, halted
from chaos.guardian.healing import Healed, heal_under_lock
from chaos.guardian.lock import LockHeld, RunLock
from chaos.guardian.mark import MARK
from chaos.guardian.runs import register, unregister
from chaos.guardian.state import STATE_VARIABLE, StateUnwritable, state_directory
from chaos.ledger.events import ComponentDown, Event
from chaos.processes.component import Component
from chaos.processes.errors import ProcessError
from chaos.processes.own_program import own_program
from chaos.run_directory import RunDirectory

GUARDIAN = "guardian"
"""What the guardian is called among the components of a run."""

_READY_WITHIN_S = 10.0
_SWEPT_WITHIN_S = 20.0
_LEAVES_WITHIN_S = 2.0


class GuardianFailed(Exception):
    """The run can't be guarded, so it must not start; the message says why and what to do."""


class HaltedError(Exception):
    """Runs are halted, so this one must not start; the message says why, since when, and how that ends."""

    def __init__(self, halt: Halt) -> None:
        super().__init__(f"runs are halted: {halt}. `chaos resume` lets them start again.")


class Guardian:
    """Watches one run from outside, from `start` to `dismiss`.

    Args:
        directory: The run.
        record: Told when the guardian is up and when it is down.
    """

    def __init__(self, directory: RunDirectory, record: Callable[[Event], None]) -> None:
        self._directory = directory
        self._record = record
        self._lock = RunLock(directory)
        self._component: Component | None = None
        self._died: asyncio.Future[str] | None = None

    @property
    def died(self) -> asyncio.Future[str]:
        """Done, with how, if the guardian ended though nobody asked it to. There from `start` on."""
        assert self._died is not None, "it was never started"
        return self._died

    async def start(self) -> None:
        """Take the run's lock, register the run, and start the guardian.

        Raises:
            HaltedError: Runs are halted.
            GuardianFailed: Something of this can't be done. Nothing is left of it.
        """
        try:
            self._lock.acquire()
            register(self._directory)
            # In this order, because `chaos halt` sets its mark first and then looks who is registered.
            if (halt := halted()) is not None:
                raise HaltedError(halt)
            await self._start_process()
        except BaseException as error:
            await self._give_up()
            if isinstance(error, LockHeld | StateUnwritable | ProcessError | OSError):
                raise GuardianFailed(f"the run can't be guarded: {error}") from error
            raise

    async def _start_process(self) -> None:
        self._died = asyncio.get_running_loop().create_future()
        self._component = Component(GUARDIAN, self._record)
        self._component.unexpected.add_done_callback(self._ended_unasked)
        process = await self._component.start(
            own_program("chaos.guardian", str(self._directory.path)),
            log_path=self._directory.logs / "guardian.log",
            environment={MARK: self._directory.name, STATE_VARIABLE: str(state_directory())},
            control=True,
        )
        await process.next_line(_READY_WITHIN_S, waiting_for="ready")

    def _ended_unasked(self, down: asyncio.Future[ComponentDown]) -> None:
        if not down.cancelled() and not self.died.done():
            self.died.set_result(down.result().status)

    async def _give_up(self) -> None:
        try:
            if self._component is not None:
                await self._component.stop(grace_s=0.0)
            with contextlib.suppress(
                OSError
            ):  # not there, or not writable: then it was not registered either
                unregister(self._directory.name)
        finally:
            self._lock.release()

    async def dismiss(self) -> list[str]:
        """End the guardian, once everything of the run is undone and ended, as it should be by now.

        The guardian looks for itself first; if it is gone, this process does. The run is no longer registered
        afterwards, unless something is left.

        Returns:
            What was still there, a line each: what was ended only now, and what could not be, with what mends it.
        """
        if self._component is None:
            return []
        try:
            healed = await self._last_look(self._component)
            await self._component.stop(grace_s=0.0)
        finally:
            self._component = None
            self._lock.release()
        return [*(f"{name} was still running, and was ended" for name in healed.ended), *healed.left]

    async def _last_look(self, component: Component) -> Healed:
        component.expect_exit()
        try:
            await component.process.send("dismiss")
            answer = await component.process.next_line(_SWEPT_WITHIN_S, waiting_for="what is left")
            await component.process.exited_within(_LEAVES_WITHIN_S)
            return Healed.from_json(answer)
        except (ProcessError, ValueError):  # it is dead, or stopped: its work is done here
            await component.stop(grace_s=0.0)
            return await asyncio.to_thread(heal_under_lock, self._directory, by="the runner")
