"""How a process ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass


def signal_name(number: int) -> str:
    """`SIGKILL` for 9; `signal 40` for one without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@dataclass(frozen=True)
class ExitStatus:
    """What the kernel said of a process that ended.

    Attributes:
        code: The exit code, or the negated number of the signal that ended it.
        exited_ns: When its end was noticed.
    """

    code: int
    exited_ns: int

    @property
    def signal(self) -> int | None:
        """The number of the signal that ended it, if one did."""
        return -self.code if self.code < 0 else None

    def __str__(self) -> str:
        return signal_name(-self.code) if self.code < 0 else f"exit {self.code}"
