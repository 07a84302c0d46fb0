"""How a part of the toolkit is started as a process of its own."""

from __future__ import annotations

import sys


def own_program(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module of the toolkit, with these arguments.

    Python looks for nothing in the directory where it starts (`-P`): experiments lie there, and perhaps the code of a
    queue, whose `queue.py` would take the place of Python's own.
    """
    return (sys.executable, "-P", "-m", module, *arguments)
