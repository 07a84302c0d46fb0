"""Noticing the end of a child, and signalling it without ever hitting another process.

There are two ways: a pidfd where Linux has it, and a waiting thread everywhere else.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from typing import Protocol

import psutil

from chaos.processes import linux, portable

OnExit = Callable[[int, Sequence[psutil.Process]], None]
"""Called once in the event loop's thread: when the end was noticed (ns), and who of its session is left."""


class Watch(Protocol):
    """Holds on to one child until it is gone."""

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended, even if nobody was told yet."""
        ...

    def signal(self, number: int) -> bool:
        """Send a signal. False if the process is gone, even if nobody was told yet."""
        ...


def watch(child: subprocess.Popen[bytes], on_exit: OnExit) -> Watch:
    """Watch a child that was just started; `on_exit` is called from the running event loop."""
    if linux.has_pidfd():
        return linux.PidfdWatch(child, on_exit)
    return portable.ThreadWatch(child, on_exit)
