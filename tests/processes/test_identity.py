"""A number means one process only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace

import psutil
import pytest

from chaos.processes.identity import ProcessIdentity
from chaos.processes.signalling import send_signal


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def test_a_process_is_found_by_its_identity_in_another_process(child: subprocess.Popen[bytes]) -> None:
    kept = json.dumps(asdict(ProcessIdentity.of(child.pid)))
    code = (
        "import json, sys; from chaos.processes.identity import ProcessIdentity; "
        "print(ProcessIdentity(**json.loads(sys.argv[1])).find().pid)"
    )
    said = subprocess.run([sys.executable, "-c", code, kept], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(child.pid)


def test_neither_a_later_process_nor_one_of_another_start_of_the_machine_is_found(
    child: subprocess.Popen[bytes],
) -> None:
    identity = ProcessIdentity.of(child.pid)
    assert identity.find() == psutil.Process(child.pid)
    assert replace(identity, started=identity.started - 1).find() is None
    assert replace(identity, boot="machine/earlier").find() is None


def test_a_process_that_is_gone_is_not_found(child: subprocess.Popen[bytes]) -> None:
    identity, process = ProcessIdentity.of(child.pid), psutil.Process(child.pid)
    child.kill()
    child.wait()
    assert identity.find() is None
    with pytest.raises(psutil.NoSuchProcess):
        ProcessIdentity.of(child.pid)
    with pytest.raises(psutil.NoSuchProcess):
        send_signal(process, 0)


def test_a_signal_reaches_a_process_without_a_pidfd_too(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.delattr(os, "pidfd_open", raising=False)
    send_signal(psutil.Process(child.pid), 15)
    assert child.wait(5) == -15
