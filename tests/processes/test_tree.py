"""Whoever is below a process is found, while processes come and go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from chaos.processes.tree import below

LOOKS = 300


@contextmanager
def running(program: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program that has said that it is ready, and is gone afterwards with all that it started."""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.communicate()  # the end of its input ends it


def test_children_of_children_are_below_a_process() -> None:
    child = "import subprocess, sys; subprocess.run(['cat'], stdin=sys.stdin)"
    program = f"""
import subprocess, sys, psutil
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdin=sys.stdin)
while not psutil.Process(child.pid).children():
    pass
print("ready", flush=True)
child.wait()
"""
    with running(program) as process:
        assert len(list(below(process.pid))) == 2


def test_those_who_end_while_they_are_looked_for_are_left_out() -> None:
    program = """
import select, subprocess, sys
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    subprocess.run(["sh", "-c", "true & true & wait"])
"""
    with running(program) as process:
        for _ in range(LOOKS):
            assert all(found.pid != process.pid for found in below(process.pid))


def test_nobody_is_below_a_process_that_has_ended() -> None:
    with running("print('ready', flush=True)") as process:
        pass
    assert list(below(process.pid)) == []
