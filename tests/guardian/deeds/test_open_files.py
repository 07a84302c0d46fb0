"""Giving a process its limit of open files back: to that process and to no other, however often."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from chaos.guardian.deeds.open_files import RestoreOpenFiles
from chaos.processes.identity import ProcessIdentity
from chaos.processes.limits import FileLimit, file_limit, set_file_limit

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a live process: Linux only")


@pytest.fixture
def process() -> Iterator[psutil.Process]:
    """A process that waits."""
    child = subprocess.Popen(["sleep", "60"])
    yield psutil.Process(child.pid)
    child.kill()
    child.wait()


def test_the_limit_is_given_back_however_often(process: psutil.Process) -> None:
    own = file_limit(process)
    deed = RestoreOpenFiles.of("core", ProcessIdentity.of(process.pid), own)
    set_file_limit(process, FileLimit(3, own.hard))
    deed.carry_out()
    deed.carry_out()
    assert file_limit(process) == own
    assert str(deed) == f"let core (process {process.pid}) have {own.soft} files open again"


def test_another_process_of_that_number_is_left_alone(process: psutil.Process) -> None:
    own = file_limit(process)
    deed = RestoreOpenFiles.of("core", ProcessIdentity.of(process.pid), FileLimit(5, own.hard))
    replace(deed, started=deed.started + 1).carry_out()
    replace(deed, boot="another/boot").carry_out()
    assert file_limit(process) == own


def test_a_process_that_is_gone_needs_nothing(process: psutil.Process) -> None:
    deed = RestoreOpenFiles.of("core", ProcessIdentity.of(process.pid), file_limit(process))
    process.kill()
    process.wait()
    deed.carry_out()


def test_it_can_be_written_down_and_read_again(process: psutil.Process) -> None:
    deed = RestoreOpenFiles.of("core", ProcessIdentity.of(process.pid), file_limit(process))
    kept = json.loads(json.dumps(deed.to_dict()))
    assert kept.pop("kind") == "open-files"
    assert RestoreOpenFiles(**kept) == deed
