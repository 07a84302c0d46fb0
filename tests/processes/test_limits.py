"""The limit of open files of a live process, and the first number that is free."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from chaos.processes.limits import FileLimit, file_limit, first_free_number, open_files, set_file_limit

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a live process: Linux only")

OPENS_ON_DEMAND = """
import os, sys
files = []
for line in sys.stdin:
    try:
        files.append(os.open("/dev/null", os.O_RDONLY))
        print("opened", files[-1], flush=True)
    except OSError as error:
        print("refused", error.errno, flush=True)
"""


def test_a_process_limited_to_its_first_free_number_opens_nothing_until_the_limit_is_given_back() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OPENS_ON_DEMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        def ask() -> list[str]:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write("open\n")
            return child.stdout.readline().split()

        process = psutil.Process(child.pid)
        first = ask()
        own, files, free = file_limit(process), open_files(process), first_free_number(process)
        assert first == ["opened", str(free - 1)]
        set_file_limit(process, FileLimit(free, own.hard))
        assert file_limit(process) == FileLimit(free, own.hard)
        assert ask()[0] == "refused"
        assert open_files(process) == files
        set_file_limit(process, own)
        assert ask() == ["opened", str(free)]
        child.stdin.close()


def test_a_process_that_is_gone_is_said_to_be() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    process = psutil.Process(child.pid)
    child.wait()
    with pytest.raises(psutil.NoSuchProcess):
        first_free_number(process)
