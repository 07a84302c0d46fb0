"""Halting: a mark that keeps new runs from starting, and the end of those that are under way."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from chaos.clock import now_ns, seconds_between, utc_now
from chaos.guardian.healing import Healed, heal
from chaos.guardian.lock import LockHeld, comes_free
from chaos.guardian.runs import RegisteredRun, is_registered, registered
from chaos.guardian.state import state_directory, write_state
from chaos.processes.signalling import KILL
from chaos.processes.tree import signal_each

_HEALED_WITHIN_S = 15.0


@dataclass(frozen=True)
class Halt:
    """Why no run may start.

    Attributes:
        reason: In the words of whoever halted them.
        since: When, in wall time.
        by: Who: user and process.
    """

    reason: str
    since: str
    by: str

    def __str__(self) -> str:
        return f"{self.reason} (since {self.since}, by {self.by})"


@dataclass(frozen=True)
class HaltedRun:
    """What became of a run that was halted: how it ended, and what is left of it."""

    name: str
    how: str
    left: tuple[str, ...] = ()


def halted() -> Halt | None:
    """Why no run may start now; None if one may. A mark that can't be read still halts."""
    try:
        return Halt(**json.loads(_mark().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        return Halt(f"{_mark()} can't be read: {error}", "an unknown time", "somebody")


def halt(reason: str) -> Halt:
    """Let no run start from now on.

    Raises:
        StateUnwritable: The mark can't be written.
    """
    by = f"{psutil.Process().username()}, process {os.getpid()}"
    mark = Halt(reason, utc_now().isoformat(timespec="seconds"), by)
    write_state(_mark(), asdict(mark))
    return mark


def resume() -> Halt | None:
    """Let runs start again; what had halted them, None if nothing had.

    Raises:
        OSError: The mark can't be taken away.
    """
    lifted = halted()
    _mark().unlink(missing_ok=True)
    return lifted


def end_runs(within_s: float) -> tuple[list[HaltedRun], list[str]]:
    """Ask every run that is under way to leave, and end by force what does not; what became of each.

    A run registers before it looks whether it may start, and the mark is set before this looks who is registered, so
    none slips through.

    Args:
        within_s: How long they have to leave by themselves.

    Returns:
        The runs, and what is wrong with the registry.
    """
    runs, problems = registered()
    start_ns = now_ns()
    for run in runs:
        _signal_runner(run, signal.SIGTERM)
    ended = []
    for run in runs:
        ended.append(_end(run, max(0.0, within_s - seconds_between(start_ns, now_ns())), within_s))
    return ended, problems


def _end(run: RegisteredRun, left_s: float, within_s: float) -> HaltedRun:
    how = "left in good order"
    try:
        if not comes_free(run.directory, left_s):
            _signal_runner(run, KILL)
            how = f"did not leave within {within_s:g} s; its runner was killed"
        if not is_registered(run.name):
            return HaltedRun(run.name, how)
        if how.startswith("left"):
            how = "was over, and not healed"
        healed: Healed = heal(run.directory, _HEALED_WITHIN_S, by="chaos halt")
    except (LockHeld, OSError) as error:
        left = f"{error}: run `chaos heal {run.directory}`"
        return HaltedRun(run.name, how, (left,))
    return HaltedRun(run.name, f"{how}, and what it left was undone", healed.left)


def _signal_runner(run: RegisteredRun, number: int) -> None:
    process: psutil.Process | None = run.runner.find()
    if process is not None:
        signal_each([process], number)


def _mark() -> Path:
    return state_directory() / "halted"
