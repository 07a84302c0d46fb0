"""The Linux way to hold on to a process: a pidfd, which never means a later process with the same number."""

from __future__ import annotations

import asyncio
import functools
import os
import select
import signal
import subprocess
from collections.abc import Callable, Sequence

import psutil

from chaos.clock import now_ns
from chaos.processes.tree import session_members


@functools.cache
def has_pidfd() -> bool:
    """Whether a pidfd can be opened and signalled through: Linux 5.3, where no sandbox forbids it."""
    if not hasattr(os, "pidfd_open") or not hasattr(signal, "pidfd_send_signal"):
        return False
    try:
        fd = os.pidfd_open(os.getpid())
    except OSError:
        return False
    try:
        signal.pidfd_send_signal(fd, 0)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


class PidfdWatch:
    """A child held by its pidfd, which turns readable in the event loop the moment the process ends."""

    def __init__(
        self, child: subprocess.Popen[bytes], on_exit: Callable[[int, Sequence[psutil.Process]], None]
    ) -> None:
        self._pid = child.pid
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._fd: int | None = os.pidfd_open(child.pid)
        self._loop.add_reader(self._fd, self._ended)

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended, even if nobody was told yet."""
        return self._fd is None or _readable(self._fd)

    def signal(self, number: int) -> bool:
        """Send a signal. False if the process is gone, even if nobody was told yet."""
        if self._fd is None or self.is_gone:
            return False
        try:
            signal.pidfd_send_signal(self._fd, number)
        except ProcessLookupError:
            return False
        return True

    def _ended(self) -> None:
        exited_ns = now_ns()
        # Not reaped yet, so its number, which is also its session's, still belongs to it.
        left = session_members(self._pid)
        assert self._fd is not None
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
        self._fd = None
        self._on_exit(exited_ns, left)


def _readable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))
