"""Holding on to a process on any operating system: a thread that waits, and psutil's check of who it is."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Callable, Sequence

import psutil

from chaos.clock import now_ns
from chaos.processes.tree import is_alive


class ThreadWatch:
    """A child held by a waiting thread; signals go through psutil, which compares start times first.

    The thread learns of the end by reaping the process, and so too late to ask who of its session is left: what a
    crashed process had started is not known here.
    """

    def __init__(
        self, child: subprocess.Popen[bytes], on_exit: Callable[[int, Sequence[psutil.Process]], None]
    ) -> None:
        self._child = child
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        try:
            self._identity: psutil.Process | None = psutil.Process(child.pid)
        except psutil.NoSuchProcess:
            self._identity = None
        threading.Thread(target=self._wait, name=f"wait-{child.pid}", daemon=True).start()

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended, even if nobody was told yet."""
        return self._child.returncode is not None or self._identity is None or not is_alive(self._identity)

    def signal(self, number: int) -> bool:
        """Send a signal. False if the process is gone, even if nobody was told yet."""
        if self._identity is None or self.is_gone:
            return False
        try:
            self._identity.send_signal(number)
        except psutil.NoSuchProcess:
            return False
        return True

    def _wait(self) -> None:
        self._child.wait()
        exited_ns = now_ns()
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_exit, exited_ns, ())
