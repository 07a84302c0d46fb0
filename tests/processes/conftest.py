"""Every test here runs twice, once for each way to watch a process, and must leave nothing behind."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from chaos.processes import linux


@pytest.fixture(params=["pidfd", "thread"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the end of a process is noticed."""
    chosen: str = request.param
    if chosen == "pidfd" and not linux.has_pidfd():
        pytest.skip("this machine has no pidfd")
    if chosen == "thread":
        monkeypatch.setattr(linux, "has_pidfd", lambda: False)
    return chosen


@pytest.fixture(autouse=True)
def _leaves_nothing() -> Iterator[None]:
    me = psutil.Process()
    files_before = _open_files(me)
    children_before = {child.pid for child in me.children(recursive=True)}
    yield
    for _ in range(200):
        files = _open_files(me) - files_before
        children = {child.pid for child in me.children(recursive=True)} - children_before
        if not files and not children:
            return
        time.sleep(0.01)
    pytest.fail(f"left behind: files {sorted(files)}, processes {sorted(children)}")


def _open_files(me: psutil.Process) -> set[int]:
    if sys.platform != "linux":
        return set(range(me.num_fds()))
    from pathlib import Path

    return {int(fd.name) for fd in Path("/proc/self/fd").iterdir() if fd.exists()}
