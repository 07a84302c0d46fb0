"""One producer, worker or reader: a process that is told what to do, listened to, killed, and started anew."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaos.clock import now_ns
from chaos.faults.protocol import DidNotComeBack, Gone
from chaos.ledger.events import Event, LedgerClosed, LedgerOpened
from chaos.ledger.writer import IDS_SUFFIX, LEDGER_SUFFIX
from chaos.load.plan import ProcessPlan
from chaos.processes.component import Component, State
from chaos.processes.errors import ProcessError
from chaos.processes.process import Process
from chaos.processes.suspension import let_go_on

_READY_WITHIN_S = 20.0
LEAVES_WITHIN_S = 3.0

NextPlan = Callable[[int], ProcessPlan]
"""What an incarnation, counted from 1, is told; asked right before it is started."""


class LoadFailed(Exception):
    """A load process could not go on; the message says which one and why."""


class LoadProcess:
    """A component of the load. Each time it starts is an incarnation, with a plan and a ledger file of its own.

    Args:
        name: `producer-1`, `worker-3`, `reader`.
        command: What is run: program and arguments.
        next_plan: What each incarnation is told.
        log_path: Where its log goes.
        record: Writes an event.
        leaves_within_s: How long it may take to finish what is under way when it is asked to leave.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        next_plan: NextPlan,
        log_path: Path,
        record: Callable[[Event], None],
        leaves_within_s: float = LEAVES_WITHIN_S,
    ) -> None:
        self._command = command
        self._leaves_within_s = leaves_within_s
        self._next_plan = next_plan
        self._log_path = log_path
        self._record = record
        self._component = Component(name, record)
        self._writing: ProcessPlan | None = None
        self._start_ns: int | None = None
        self._coming_back = asyncio.Lock()
        self._kills = 0
        self._listening: asyncio.Task[None] | None = None
        self.done: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        """Its last words, once an incarnation has nothing left to send; LoadFailed, once one could not go on."""
        self.failed: asyncio.Future[LoadFailed] = asyncio.get_running_loop().create_future()
        """Why it could not go on, once that is so."""

    @property
    def name(self) -> str:
        """The component's name: `worker-3`."""
        return self._component.name

    @property
    def is_up(self) -> bool:
        """Whether its process runs and has said that it is ready."""
        return self._component.state is State.READY

    @property
    def process(self) -> Process:
        """The process of its current or last start."""
        return self._component.process

    @property
    def address(self) -> str | None:
        """It serves nobody."""
        return None

    async def answers(self) -> bool:
        """It serves nobody, so there is nothing to ask."""
        return True

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            LoadFailed: It said that it can't, exited, or stayed silent.
        """
        try:
            await self._component.start(self._command, log_path=self._log_path, control=True)
            await self._instruct()
        except ProcessError as error:
            raise LoadFailed(f"{self.name}: {error}") from error

    async def begin(self, start_ns: int) -> None:
        """Tell it, and whichever incarnation comes after it, when the load begins, on the machine's monotonic clock."""
        self._start_ns = start_ns
        if self.is_up:
            await self.process.send(f"go {start_ns}")

    async def kill(self, signal_number: int, *, force_after_s: float | None = None) -> Gone:
        """End its process with a signal, and say how long its ledger became.

        Raises:
            ProcessError: It was gone already, or lives on.
        """
        self._kills += 1
        try:
            killed = await self._component.kill(signal_number, force_after_s=force_after_s)
        except ProcessError:
            self._kills -= 1
            raise
        self._record_closed()
        return Gone(killed.requested_ns, killed.gone_ns, str(killed.status))

    async def bring_back(self) -> None:
        """Start its next incarnation and wait until it is ready; one that is up stays as it is.

        If another fault kills it meanwhile, this returns: to bring it back is that one's business then.

        Raises:
            DidNotComeBack: It said that it can't, exited, or stayed silent.
        """
        async with self._coming_back:
            kills = self._kills
            if self.is_up:
                return
            try:
                await self._component.stop(grace_s=1.0)
                self._record_closed()
                await self._component.restart()
                await self._instruct()
                if self._start_ns is not None:
                    await self.process.send(f"go {self._start_ns}")
            except (ProcessError, LoadFailed) as error:
                if self._kills == kills:
                    raise DidNotComeBack(self.name, str(error)) from error

    async def stop(self) -> None:
        """Ask it to finish what is under way and leave; end it if it doesn't. A stopped one goes on first.

        Raises:
            ProcessError: Something is left.
        """
        if self._component.state is State.READY:
            self._component.expect_exit()
            with contextlib.suppress(ProcessError):
                let_go_on(self.process)
                await self.process.send("stop")
                await self.process.exited_within(self._leaves_within_s)
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        if self.done.done() and not self.done.cancelled():
            self.done.exception()  # whoever had to know has been told
        try:
            await self._component.stop(grace_s=1.0)
        finally:
            self._record_closed()

    async def _instruct(self) -> None:
        """Give a process that was just started its plan, and listen to it once it is ready."""
        process = self.process
        plan = self._next_plan(self._component.incarnation)
        await process.send(plan.to_json())
        line = await process.next_line(_READY_WITHIN_S, waiting_for="ready")
        if line != "ready":
            raise LoadFailed(f"{self.name}: {line}")
        self._record(LedgerOpened(time_ns=now_ns(), component=self.name, incarnation=plan.incarnation))
        self._writing = plan
        self._component.became_ready()
        self._listening = asyncio.create_task(self._listen(process))

    async def _listen(self, process: Process) -> None:
        """Take in what it says, until it ends."""
        while True:
            try:
                line = await process.next_line(float("inf"), waiting_for="done")
            except ProcessError as error:
                if self._component.unexpected.done() or process.exit_status is None:
                    self._fail(str(error))
                return
            word, _, rest = line.partition(" ")
            if word == "done" and not self.done.done():
                self.done.set_result(dict(json.loads(rest)))
            elif word == "failed":
                self._component.expect_exit()
                self._fail(rest)
                return

    def _fail(self, why: str) -> None:
        failure = LoadFailed(f"{self.name}: {why}")
        if not self.failed.done():
            self.failed.set_result(failure)
        if not self.done.done():
            self.done.set_exception(failure)

    def _record_closed(self) -> None:
        """Say how long the files of the current incarnation are, now that nobody writes them any more."""
        plan, self._writing = self._writing, None
        if plan is None or self._component.state is not State.DOWN:
            return
        stem = Path(plan.ledger) / f"{self.name}.{plan.incarnation}"
        sizes = [
            path.stat().st_size if path.exists() else 0
            for path in (stem.with_name(stem.name + suffix) for suffix in (LEDGER_SUFFIX, IDS_SUFFIX))
        ]
        self._record(
            LedgerClosed(
                time_ns=now_ns(),
                component=self.name,
                incarnation=plan.incarnation,
                ledger_bytes=sizes[0],
                ids_bytes=sizes[1],
            )
        )
