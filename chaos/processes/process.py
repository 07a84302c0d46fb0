"""One child process: in a session of its own, noticed at once when it ends, stopped with all it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.processes.errors import NotInTimeError, NotStoppedError, ProcessGoneError, StartFailedError
from chaos.processes.exits import ExitStatus
from chaos.processes.lines import LineChannel
from chaos.processes.logs import log_excerpt
from chaos.processes.signalling import KILL
from chaos.processes.tree import below, descendants, is_alive, signal_each, suspend_each
from chaos.processes.watch import watch

_KILL_ROUNDS = 20
_KILL_ROUND_S = 0.5
_EXIT_AFTER_EOF_S = 1.0
_NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_CONTINUE: int = getattr(signal, "SIGCONT", signal.SIGTERM)


class Process:
    """A child of this process. Made by `start_process`."""

    def __init__(
        self, child: subprocess.Popen[bytes], started_ns: int, log_path: Path, *, control: bool
    ) -> None:
        self.pid = child.pid
        self.started_ns = started_ns
        self.log_path = log_path
        self._child = child
        self._left_behind: list[psutil.Process] = []
        self._when_exited: list[Callable[[ExitStatus], None]] = []
        self._exit: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()
        self._channel = LineChannel(child) if control else None
        self._watch = watch(child, self._ended)

    @property
    def exit_status(self) -> ExitStatus | None:
        """How it ended; None while nobody noticed an end."""
        return self._exit.result() if self._exit.done() else None

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, even if nobody was told yet."""
        return self._watch.is_gone

    def signal(self, number: int) -> bool:
        """Send a signal to this process, never to a later one with its number. False if it is gone."""
        return self._watch.signal(number)

    def signal_tree(self, number: int) -> bool:
        """Send a signal that is to end it to this process and to all that it has started. False if it is gone.

        Some servers put each process that they start into a session of its own, and those go on when the server is
        killed alone. SIGKILL leaves nobody the time to end what they have started: so that nobody new is missed, the
        process is stopped first, and goes last. Any other signal goes to it first, so that it starts nobody in place of
        those who leave.
        """
        if self.is_gone:
            return False
        self._look_below()
        if number == KILL and self._left_behind:
            with contextlib.suppress(psutil.NoSuchProcess):
                suspend_each([psutil.Process(self.pid)])
            signal_each(self._left_behind, number)
            while others := self._look_below():
                signal_each(others, number)
            return self.signal(number)
        sent = self.signal(number)
        signal_each(self._left_behind, number)
        signal_each(self._look_below(), number)
        return sent

    def _look_below(self) -> list[psutil.Process]:
        """Those below who were not known until now; they are from now on."""
        found = [] if self.is_gone else [one for one in below(self.pid) if one not in self._left_behind]
        self._left_behind += found
        return found

    async def tree_gone_within(self, timeout_s: float) -> list[int]:
        """Wait until everybody is gone who was there when it was signalled with its tree, or when it ended.

        Returns:
            The ids of those who are not, within this time.
        """
        return [one.pid for one in await _still_alive(self._left_behind, timeout_s)]

    @property
    def left_orphans(self) -> bool:
        """Whether it left processes behind when it ended; `stop` ends them."""
        return bool(self._left_behind)

    def when_exited(self, callback: Callable[[ExitStatus], None]) -> None:
        """Call this the moment its end is noticed, before anybody who waits for it goes on."""
        if (status := self.exit_status) is not None:
            callback(status)
        else:
            self._when_exited.append(callback)

    async def exited(self) -> ExitStatus:
        """Wait, without bound, until it ends."""
        return await asyncio.shield(self._exit)

    async def exited_within(self, timeout_s: float) -> ExitStatus | None:
        """Wait until it ends; None if it does not within this time."""
        await asyncio.wait([self._exit], timeout=timeout_s)
        return self.exit_status

    async def stop(self, grace_s: float) -> ExitStatus:
        """End it and all it started: SIGTERM, then SIGKILL once `grace_s` has passed.

        Harmless when it is gone already. Stopped (SIGSTOP) processes are continued, so SIGTERM reaches them.

        Raises:
            NotStoppedError: Something is left that SIGKILL did not end.
        """
        family = self._family(())
        for number in (signal.SIGTERM, _CONTINUE):
            self._signal_all(family, number)
        alive = await self._alive_after(family, grace_s)
        for _ in range(_KILL_ROUNDS):
            if not alive:
                break
            # Again and again, because somebody may have been started since the last look.
            family = self._family(family)
            self._signal_all(family, KILL)
            alive = await self._alive_after(family, _KILL_ROUND_S)
        if alive:
            pids, waited_s = " ".join(map(str, alive)), _KILL_ROUNDS * _KILL_ROUND_S
            raise NotStoppedError(
                f"processes live on {waited_s:g} s after SIGKILL; end them by hand: kill -9 {pids}"
            )
        return await self.exited()

    async def send(self, line: str) -> None:
        """Write one line to its standard input.

        Raises:
            ProcessGoneError: It does not read any more.
            NotInTimeError: It has not read what it was sent, and the pipe is full.
        """
        self._control.send(line)

    async def next_line(self, timeout_s: float, *, waiting_for: str) -> str:
        """The next line of its standard output.

        Args:
            timeout_s: How long to wait.
            waiting_for: What the line is to say, for messages: `ready`.

        Raises:
            NotInTimeError: No line came in time.
            ProcessGoneError: It closed its output instead.
        """
        try:
            line = await self._control.next_line(timeout_s)
        except TimeoutError as error:
            raise NotInTimeError(
                f"process {self.pid} did not say {waiting_for!r} within {timeout_s:g} s"
                f"{log_excerpt(self.log_path)}"
            ) from error
        if line is None:
            status = await self.exited_within(_EXIT_AFTER_EOF_S)
            how = f"ended ({status})" if status else "closed its output"
            raise ProcessGoneError(
                f"process {self.pid} {how} before it said {waiting_for!r}{log_excerpt(self.log_path)}"
            )
        return line

    @property
    def _control(self) -> LineChannel:
        if self._channel is None:
            raise ValueError(f"process {self.pid} was started without control=True: it has no lines")
        return self._channel

    def _family(self, known: Collection[psutil.Process]) -> set[psutil.Process]:
        """Those known, and all that this process and they are known to have started."""
        family = {*known, *self._left_behind}
        ancestors = [process.pid for process in family if is_alive(process)]
        if self.exit_status is None:
            ancestors.append(self.pid)
        for pid in ancestors:
            family.update(descendants(pid))
        return family

    def _signal_all(self, family: Collection[psutil.Process], number: int) -> None:
        self.signal(number)
        signal_each(family, number)

    async def _alive_after(self, family: Collection[psutil.Process], within_s: float) -> list[int]:
        """The ids of those that live on after this time; empty as soon as all are gone."""
        start_ns = now_ns()
        status = await self.exited_within(within_s)
        left_s = max(0.0, within_s - seconds_between(start_ns, now_ns()))
        others = await _still_alive({*family, *self._left_behind}, left_s)
        return sorted([*(process.pid for process in others), *([self.pid] if status is None else [])])

    def _ended(self, exited_ns: int, left_behind: Sequence[psutil.Process]) -> None:
        self._left_behind += left_behind
        if self._channel is not None:
            self._channel.close()
        status = ExitStatus(self._child.wait(), exited_ns)
        self._exit.set_result(status)
        for callback in self._when_exited:
            callback(status)


async def start_process(
    command: Sequence[str],
    *,
    log_path: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    control: bool = False,
) -> Process:
    """Start a program; what it prints is appended to `log_path`.

    It gets a session of its own, so that Ctrl-C in this terminal does not reach it. Nothing is awaited
    between the start and the return: a cancelled caller can't lose a process it started.

    Args:
        command: Program and arguments.
        log_path: Where its standard error goes, and its standard output unless `control`.
        environment: What is added to this process's environment.
        cwd: Where it runs; here by default.
        control: Keep its standard input and output as pipes for `send` and `next_line`.

    Raises:
        StartFailedError: The program can't be started; says why.
    """
    child = _spawn(command, log_path, environment or {}, cwd, control)
    return Process(child, now_ns(), log_path, control=control)


async def _still_alive(processes: Collection[psutil.Process], within_s: float) -> list[psutil.Process]:
    """Wait until all are gone; those that are not within this time."""
    start_ns, pause_s = now_ns(), 0.002
    while alive := [process for process in processes if is_alive(process)]:
        if seconds_between(start_ns, now_ns()) >= within_s:
            return alive
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.025)
    return []


def _spawn(
    command: Sequence[str], log_path: Path, environment: Mapping[str, str], cwd: Path | None, control: bool
) -> subprocess.Popen[bytes]:
    _wait_for_children()
    with _opened(log_path) as log:
        try:
            return subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE if control else subprocess.DEVNULL,
                stdout=subprocess.PIPE if control else log,
                stderr=log,
                cwd=cwd,
                env={**os.environ, **environment},
                start_new_session=True,
                creationflags=_NEW_GROUP,
            )
        except FileNotFoundError as error:
            raise StartFailedError(
                f"can't start {command[0]}: there is no {error.filename or command[0]}"
            ) from error
        except OSError as error:
            raise StartFailedError(f"can't start {command[0]}: {error.strerror or error}") from error


def _opened(log_path: Path) -> BinaryIO:
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        return log_path.open("ab")
    except OSError as error:
        raise StartFailedError(f"the log {log_path} can't be written: {error.strerror or error}") from error


def _wait_for_children() -> None:
    """Take back an inherited "ignore SIGCHLD": the kernel would throw away how children ended."""
    if hasattr(signal, "SIGCHLD") and signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
