"""The mark by which every process that a run started is known: the run's name in its environment.

Whatever is started inherits it, so a process is found that nobody has recorded: forked a moment before the runner
died, or started by a component in its turn.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

MARK = "CHAOS_RUN"


@contextmanager
def marked(run: str) -> Iterator[None]:
    """Within this block, every process that this one starts carries the mark of the run of this name."""
    before = os.environ.get(MARK)
    os.environ[MARK] = run
    try:
        yield
    finally:
        if before is None:
            del os.environ[MARK]
        else:
            os.environ[MARK] = before


def is_marked(process: psutil.Process, run: str) -> bool:
    """Whether a process was started with the mark of this run. Not if it is gone, or is another user's."""
    try:
        return process.environ().get(MARK) == run
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False
