"""One process at a time acts for a run, and a dead one never."""

from __future__ import annotations

import threading
import time

import pytest

from chaos.guardian.lock import LockHeld, RunLock, comes_free
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import Family, stop

pytestmark = pytest.mark.alone

HOLD = """
import sys, time
from pathlib import Path
sys.path[:0] = {path!r}
from chaos.guardian.lock import RunLock
from chaos.run_directory import RunDirectory
RunLock(RunDirectory(Path({directory!r}))).acquire()
print("held", flush=True)
time.sleep(600)
"""


def _hold(directory: RunDirectory) -> str:
    import sys

    return HOLD.format(path=sys.path, directory=str(directory.path))


def test_two_cannot_hold_it_at_once(directory: RunDirectory) -> None:
    first, second = RunLock(directory), RunLock(directory)
    first.acquire()
    with pytest.raises(LockHeld, match="is still running, or is being healed"):
        second.acquire()
    assert not comes_free(directory)
    first.release()
    second.acquire()
    second.release()
    assert comes_free(directory)


def test_it_is_waited_for(directory: RunDirectory) -> None:
    first, second = RunLock(directory), RunLock(directory)
    first.acquire()
    giving_up = threading.Timer(0.1, first.release)
    giving_up.start()
    second.acquire(within_s=5)
    second.release()
    giving_up.join()


def test_it_is_free_once_its_holder_was_killed(directory: RunDirectory, family: Family) -> None:
    holder, said = family.start_and_hear(_hold(directory))
    assert said == "held"
    assert not comes_free(directory)
    holder.kill()
    assert comes_free(directory, within_s=5)


def test_a_stopped_holder_holds_it(directory: RunDirectory, family: Family) -> None:
    holder, _ = family.start_and_hear(_hold(directory))
    stop(holder)
    start = time.monotonic()
    assert not comes_free(directory, within_s=0.1)
    assert time.monotonic() - start >= 0.1
    holder.kill()


def test_a_child_that_was_started_under_it_does_not_keep_it(directory: RunDirectory, family: Family) -> None:
    lock = RunLock(directory)
    lock.acquire()
    child = family.start()
    lock.release()
    assert comes_free(directory)
    child.kill()


def test_a_run_that_is_gone_is_held_by_nobody(directory: RunDirectory) -> None:
    directory.undo.rename(directory.path / "elsewhere")
    assert comes_free(directory)
    with pytest.raises(FileNotFoundError):
        RunLock(directory).acquire()
