"""The guardian: waits for its runner to be gone, and then undoes what it has left. `python -m chaos.guardian RUN`.

Its standard input is the lifeline. Only the runner holds the other end, and it is closed in every child that the
runner starts as soon as that executes its program: at the end of the file the runner is dead, however it died, and
every child that it had forked carries the run's mark.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from chaos.guardian.healing import heal, heal_under_lock
from chaos.guardian.lock import LockHeld
from chaos.run_directory import RunDirectory

_LOCK_WITHIN_S = 30.0
_PRIORITY = -10
_DEAF_TO = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")


def main() -> None:
    """Guard the run whose directory is the first argument."""
    for name in _DEAF_TO:  # what ends everybody at once must not end it before its runner
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    directory = RunDirectory(Path(sys.argv[1]).absolute())
    _say("ready")
    if _next_word() == "dismiss":
        # The runner holds the lock, and has this done for it.
        _say(heal_under_lock(directory, by="the guardian, dismissed").to_json())
        return
    print("the runner is gone", file=sys.stderr)
    _hurry()
    try:
        healed = heal(directory, _LOCK_WITHIN_S, by="the guardian")
    except LockHeld as error:
        sys.exit(f"{error}: left to whoever holds the lock")
    for what, lines in (("undone", healed.undone), ("ended", healed.ended), ("left", healed.left)):
        for line in lines:
            print(f"{what}: {line}", file=sys.stderr)


def _hurry() -> None:
    """What overloads the machine may be what is to be undone: go before it, where this user may."""
    if hasattr(os, "setpriority"):
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)


def _next_word() -> str:
    """The next line that the runner sends; empty once it is dead."""
    line = b""
    while not line.endswith(b"\n"):
        got = os.read(0, 256)
        if not got:
            return ""
        line += got
    return line.decode().strip()


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the runner is dead: the lifeline says so, too
        os.write(1, line.encode() + b"\n")


if __name__ == "__main__":
    main()
