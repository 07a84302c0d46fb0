"""One component of a run: a process that goes up and down, and what it is expected to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from chaos.clock import now_ns, seconds_between
from chaos.ledger.events import ComponentDown, ComponentReady, ComponentUp, Event
from chaos.processes.errors import NotInTimeError, ProcessGoneError
from chaos.processes.exits import ExitStatus, signal_name
from chaos.processes.logs import log_excerpt
from chaos.processes.process import Process, start_process
from chaos.processes.signalling import KILL

_FIRST_POLL_S = 0.01
_SLOWEST_POLL_S = 0.05
_KILLED_WITHIN_S = 10.0


class State(Enum):
    """Where a component is in its life."""

    DOWN = "down"
    UP = "up"
    READY = "ready"
    STOPPING = "stopping"


@dataclass(frozen=True)
class Killed:
    """What a kill did.

    Attributes:
        requested_ns: When the signal was sent.
        gone_ns: When the process was seen to be gone.
        status: How the kernel says it ended.
    """

    requested_ns: int
    gone_ns: int
    status: ExitStatus


@dataclass(frozen=True)
class _Launch:
    """How a component is started, kept for its restart."""

    command: tuple[str, ...]
    log_path: Path
    environment: Mapping[str, str]
    cwd: Path | None
    control: bool


class Component:
    """A named process that can be started, asked, killed and started again.

        DOWN ──start──▶ UP ──wait_ready──▶ READY
         ▲               │                   │
         │               └── kill, stop, expect_exit ──▶ STOPPING ──▶ DOWN
         └── an exit that nobody asked for (from UP or READY)

    Args:
        name: `core`, `worker-3`.
        listener: Told of every start, readiness and end, at once, in the event loop. It must not raise.
    """

    def __init__(self, name: str, listener: Callable[[Event], None]) -> None:
        self.name = name
        self.incarnation = 0
        self.state = State.DOWN
        self.unexpected: asyncio.Future[ComponentDown] = asyncio.get_running_loop().create_future()
        """Done at the first end that nobody asked for."""
        self._listener = listener
        self._process: Process | None = None
        self._launch: _Launch | None = None
        self._with_orphans: list[Process] = []
        self._asked_ns: int | None = None

    @property
    def process(self) -> Process:
        """The process of the current or last incarnation.

        Raises:
            ProcessGoneError: It was never started.
        """
        if self._process is None:
            raise ProcessGoneError(f"{self.name} was never started")
        return self._process

    async def start(
        self,
        command: Sequence[str],
        *,
        log_path: Path,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        control: bool = False,
    ) -> Process:
        """Start its process; the arguments are those of `start_process`, and are kept for `restart`.

        Raises:
            StartFailedError: The program can't be started.
            ValueError: It is not down.
        """
        self._launch = _Launch(tuple(command), log_path, environment or {}, cwd, control)
        return await self.restart()

    async def restart(self) -> Process:
        """Start it again, as it was started before. It must be down.

        Raises:
            StartFailedError: The program can't be started.
            ValueError: It is not down, or was never started.
        """
        launch = self._launch
        if launch is None or self.state is not State.DOWN:
            raise ValueError(f"{self.name} can't be started: it is {self.state.value}")
        process = await start_process(
            launch.command,
            log_path=launch.log_path,
            environment=launch.environment,
            cwd=launch.cwd,
            control=launch.control,
        )
        if self._process is not None and self._process.left_orphans:
            self._with_orphans.append(self._process)
        self._process = process
        self.incarnation += 1
        self.state, self._asked_ns = State.UP, None
        process.when_exited(self._exited)
        self._listener(
            ComponentUp(
                time_ns=process.started_ns,
                component=self.name,
                incarnation=self.incarnation,
                pid=process.pid,
            )
        )
        return process

    async def wait_ready(self, is_ready: Callable[[], Awaitable[bool]], within_s: float) -> None:
        """Ask until it answers as it should.

        Args:
            is_ready: Asks once; False for "not yet".
            within_s: How long it may take, from now.

        Raises:
            ProcessGoneError: It ended instead; says how, and what its log said last.
            NotInTimeError: It never was, within this time.
        """
        process, start_ns, pause_s = self.process, now_ns(), _FIRST_POLL_S
        while (left_s := within_s - seconds_between(start_ns, now_ns())) > 0:
            ready = await _first(is_ready(), process, left_s)
            self._must_run(process, "before it was ready")
            if ready:
                return self.became_ready()
            await process.exited_within(min(pause_s, left_s))
            self._must_run(process, "before it was ready")
            pause_s = min(pause_s * 1.5, _SLOWEST_POLL_S)
        raise NotInTimeError(
            f"{self.name} was not ready within {within_s:g} s of being asked{log_excerpt(process.log_path)}"
        )

    def became_ready(self) -> None:
        """Say that it answers as it should, seen by other means than `wait_ready`. One that is to end stays so."""
        if self.state is State.STOPPING:
            return
        self.state = State.READY
        self._listener(ComponentReady(time_ns=now_ns(), component=self.name, incarnation=self.incarnation))

    async def kill(
        self,
        number: int = KILL,
        within_s: float = _KILLED_WITHIN_S,
        *,
        force_after_s: float | None = None,
    ) -> Killed:
        """Send a signal that ends it to it and to all that it has started, and see them gone.

        Its end is expected from now on.

        Args:
            number: The signal.
            within_s: How long its end may take; with force, how long it may take after that.
            force_after_s: How long it may take before SIGKILL follows; None: no force.

        Raises:
            ProcessGoneError: It was gone already.
            NotInTimeError: It lives on; its end stays expected, however late it comes.
        """
        process = self.process
        self._must_run(process, f"before {signal_name(number)} was sent")
        requested_ns = now_ns()
        if not process.signal_tree(number):
            await process.exited()
            self._must_run(process, f"before {signal_name(number)} was sent")
        self.state, self._asked_ns = State.STOPPING, requested_ns
        if force_after_s is not None and await process.exited_within(force_after_s) is None:
            number = KILL
            process.signal_tree(number)
        status = await process.exited_within(within_s)
        if status is None:
            raise NotInTimeError(
                f"{self.name} (process {process.pid}) still runs {within_s:g} s after {signal_name(number)}"
            )
        if left := await process.tree_gone_within(within_s):
            raise NotInTimeError(
                f"{self.name} is gone, but of what it had started still run {' '.join(map(str, left))} "
                f"{within_s:g} s after {signal_name(number)}"
            )
        return Killed(requested_ns, status.exited_ns, status)

    def expect_exit(self) -> None:
        """From now on its end is expected: it was asked to leave by other means than a signal."""
        if self.state is not State.DOWN:
            self.state = State.STOPPING

    async def stop(self, grace_s: float = 5.0) -> ExitStatus | None:
        """End it and all it started, with SIGTERM first; None if it never ran. Harmless when it is down.

        Raises:
            NotStoppedError: Something is left that even SIGKILL did not end.
        """
        if self._process is None:
            return None
        if self._process.is_gone:
            await self._process.exited()  # nobody asked for this end, though it was not noticed yet
        self.expect_exit()
        for earlier in self._with_orphans:
            await earlier.stop(grace_s)
        return await self._process.stop(grace_s)

    def _must_run(self, process: Process, when: str) -> None:
        if (status := process.exit_status) is not None:
            raise ProcessGoneError(
                f"{self.name} (process {process.pid}) ended {when}: {status}{log_excerpt(process.log_path)}"
            )

    def _exited(self, status: ExitStatus) -> None:
        expected = self.state is State.STOPPING
        self.state = State.DOWN
        down = ComponentDown(
            time_ns=status.exited_ns,
            component=self.name,
            incarnation=self.incarnation,
            status=str(status),
            expected=expected,
            asked_ns=self._asked_ns,
        )
        if not expected and not self.unexpected.done():
            self.unexpected.set_result(down)
        self._listener(down)


async def _first(question: Awaitable[bool], process: Process, timeout_s: float) -> bool:
    """The answer; False if the process ends, or the time passes, before there is one."""
    asking = asyncio.ensure_future(question)
    leaving = asyncio.ensure_future(process.exited())
    try:
        await asyncio.wait({asking, leaving}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        return asking.done() and asking.result()
    finally:
        for task in (asking, leaving):
            task.cancel()
        await asyncio.gather(asking, leaving, return_exceptions=True)
