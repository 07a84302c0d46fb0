"""What every load process has in common: its plan, the runner's commands, its last words and its exit
code."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import os
import selectors
import signal
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from enum import IntEnum
from typing import Any, ClassVar, Final, NoReturn, TypeVar

from chaos.ledger.writer import LedgerWriteFailed
from chaos.load.plan import ProcessPlan
from chaos.load.summary import Summary

_STDIN: Final = 0
_STDOUT: Final = 1

P = TypeVar("P", bound=ProcessPlan)


class Exit(IntEnum):
    """How a load process ends."""

    DONE = 0
    ORPHANED = 4
    FAILED = 5


class LoadError(Exception):
    """A load process can't go on, through no fault of its own; the message says why."""


class _Ending:
    """How this process will end, should the runner leave now."""

    status: ClassVar[Exit] = Exit.ORPHANED


class Control:
    """The line to the runner. Its commands can be awaited; its end ends the process."""

    def __init__(self, commands: io.RawIOBase) -> None:
        self._commands = commands
        self._loop = asyncio.get_running_loop()
        self._start: asyncio.Future[int] = self._loop.create_future()
        self._stopped = asyncio.Event()
        self._may_leave = threading.Event()
        self._said_done = False
        threading.Thread(target=self._listen, name="commands", daemon=True).start()

    async def started(self) -> int:
        """When the load begins, in ns of the machine's monotonic clock, once the runner has said so."""
        return await asyncio.shield(self._start)

    async def stopped(self) -> None:
        """Returns once the runner has asked this process to finish."""
        await self._stopped.wait()

    @property
    def is_stopped(self) -> bool:
        """Whether the runner has asked this process to finish."""
        return self._stopped.is_set()

    async def do_until_stopped(
        self, work: Coroutine[Any, Any, None], finish: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Do this to its end, or until the runner has asked to finish.

        Args:
            work: What to do. What it raises is raised.
            finish: How to bring it to a good end when asked to finish; the work is cancelled after that.
        """
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self.stopped())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            if finish is not None:
                await finish()
            task.cancel()
            await asyncio.wait({task})
        stop.cancel()
        if not (task.cancelled() and self.is_stopped):
            task.result()

    def ready(self) -> None:
        """Tell the runner that the process can begin; what it is made of by now is here to stay."""
        gc.collect()
        gc.freeze()
        _say("ready")

    def nothing_to_send(self, summary: Summary) -> None:
        """Say that nothing is left to send, ahead of `done`, by a process that goes on listening."""
        if not self._said_done:
            self._said_done = True
            _say(f"done {summary.to_json()}")

    def done(self, summary: Summary) -> NoReturn:
        """Say that nothing is left to do, and stay until the runner lets this process go."""
        _Ending.status = Exit.DONE
        self.nothing_to_send(summary)
        self._may_leave.wait()
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(Exit.DONE)

    def _listen(self) -> None:
        """Runs in a thread, so that the end of the runner is noticed whatever the event loop is doing."""
        for line in self._commands:
            match line.split():
                case [b"go", start_ns] if start_ns.isdigit():
                    self._call(self._go, int(start_ns))
                case [b"stop"]:
                    self._may_leave.set()
                    self._call(self._stopped.set)
                case _:
                    _end(Exit.FAILED, f"failed the runner sent an unknown command: {line[:80]!r}")
        os._exit(_Ending.status)

    def _call(self, what: Callable[..., object], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *arguments)
        except RuntimeError:  # the loop has ended, and the process is about to
            return

    def _go(self, start_ns: int) -> None:
        if not self._start.done():
            self._start.set_result(start_ns)


def run(plan_type: type[P], work: Callable[[P, Control], Awaitable[Summary]]) -> NoReturn:
    """Be a load process: read the plan, do the work, say `done` or `failed`, and exit.

    Ctrl-C goes to every process of a terminal, and it is the runner who decides what it means: it is
    ignored here. SIGTERM ends the process at once; the ledger has all that it did.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands = io.FileIO(_STDIN, closefd=False)

    async def work_with_control() -> tuple[Summary, Control]:
        control = Control(commands)
        return await work(plan, control), control

    try:
        line = commands.readline()
        if not line.endswith(b"\n"):
            os._exit(Exit.ORPHANED)
        plan = plan_type.from_json(line.decode())
        with asyncio.Runner(loop_factory=_new_event_loop) as runner:
            summary, control = runner.run(work_with_control())
    except BaseException as error:  # noqa: BLE001 - whatever it is, the runner is to hear of it
        _end(Exit.FAILED, f"failed {_in_one_line(error)}", error)
    control.done(summary)


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop whose timers are exact.

    `select` alone takes a timeout in microseconds, the others round it up to 1 ms. It watches a handful of files,
    so its limit of 1024 does not matter.
    """
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _in_one_line(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, LedgerWriteFailed):
        text = f"the ledger can't be written: {error}"
    elif isinstance(error, LoadError):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())


def _say(line: str) -> None:
    data = line.encode() + b"\n"
    try:
        os.write(_STDOUT, data)
    except OSError:  # nobody listens: the runner is gone
        os._exit(Exit.ORPHANED)


def _end(status: Exit, last_words: str, error: BaseException | None = None) -> NoReturn:
    """Say the last words and exit, before the end of the commands can be taken for the end of the runner."""
    _Ending.status = status
    _say(last_words)
    with contextlib.suppress(
        OSError
    ):  # the log may lie on the very disk that is full; the runner has been told
        if error is not None:
            traceback.print_exception(error)
        sys.stderr.flush()
    os._exit(status)
