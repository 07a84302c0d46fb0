"""What processes use together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from chaos.monitor.usage import usage_of

SHARED_BYTES = 60_000_000
PARENT_OF_TWO = f"""
import os, sys
shared = bytearray(b"1") * {SHARED_BYTES}
children = [os.fork() for _ in range(2) if os.getpid() == os.getpgid(0)]
if 0 not in children:
    print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def family() -> Iterator[list[psutil.Process]]:
    """A process that holds much memory, and two children that it shares that memory with."""
    command = [sys.executable, "-c", PARENT_OF_TWO]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        process = psutil.Process(parent.pid)
        yield [process, *process.children()]


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells how memory is shared")
def test_memory_that_processes_share_counts_once(family: list[psutil.Process]) -> None:
    assert len(family) == 3
    assert all(each.memory_info().rss > SHARED_BYTES for each in family)
    assert SHARED_BYTES < usage_of(family).resident_bytes < 2 * SHARED_BYTES
