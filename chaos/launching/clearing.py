"""Clearing up after a launched run whose launcher was killed: its process is ended, and its runs are healed."""

from __future__ import annotations

import signal
import time
from typing import Final

import psutil

from chaos.clock import now_ns, seconds_between
from chaos.guardian.healing import heal
from chaos.guardian.lock import LockHeld
from chaos.guardian.runs import registered
from chaos.launching.launched import ENDS_WITHIN_S
from chaos.processes.identity import ProcessIdentity
from chaos.processes.signalling import KILL
from chaos.processes.tree import is_alive, signal_each

_HEALED_WITHIN_S: Final = 15.0
_LOOKS_EVERY_S: Final = 0.05


def clear_up(runner: ProcessIdentity, by: str) -> str:
    """End what is left of a launched run, and heal its runs.

    Args:
        runner: The process that was launched.
        by: Who clears up, for the record.

    Returns:
        What was done, for people.
    """
    told = []
    process = runner.find()
    if process is not None and is_alive(process):
        told.append(_end(process))
    for run in registered()[0]:
        if run.runner != runner:
            continue
        try:
            healed = heal(run.directory, _HEALED_WITHIN_S, by=by)
        except (LockHeld, OSError) as error:
            told.append(f"not healed ({error}): `chaos heal {run.directory.path}`")
            continue
        told.extend(healed.left or [f"{run.name} was healed"])
    return "; ".join(told) or "nothing was left of it"


def _end(process: psutil.Process) -> str:
    start_ns = now_ns()
    for number, within_s in ((signal.SIGTERM, ENDS_WITHIN_S), (KILL, _HEALED_WITHIN_S)):
        signal_each([process], number)
        began_ns = now_ns()
        while is_alive(process) and seconds_between(began_ns, now_ns()) < within_s:
            time.sleep(_LOOKS_EVERY_S)  # nobody is told of the end of a process that is not its child
        if not is_alive(process):
            return f"its process was ended after {seconds_between(start_ns, now_ns()):.1f} s"
    return f"its process {process.pid} can't be ended"
