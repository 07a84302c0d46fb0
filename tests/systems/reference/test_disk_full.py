"""A database that can't be written: nothing is acknowledged that isn't stored, and it goes on when there is space."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
import pytest

from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import Served, pages

SUCCESS, RUNNING = pb.JOB_STATUS_SUCCESS, pb.JOB_STATUS_RUNNING


def fill_up(served: Served) -> tuple[list[str], grpc.StatusCode]:
    """Enqueue until it is refused; returns the ids that were answered, and the refusal."""
    ids: list[str] = []
    for _ in range(2_000):
        try:
            ids.append(served.enqueue(b"x" * 4_000))
        except grpc.RpcError as error:
            return ids, error.code()
    raise AssertionError("the disk never got full")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few MiB."""
    where = tmp_path / "small"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(where)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small file system can't be mounted here: {error}")
    yield where
    subprocess.run(["umount", "--lazy", str(where)], check=True)


def test_a_full_disk_refuses_and_a_disk_with_space_again_serves(small_disk: Path, tmp_path: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    with Served(small_disk / "data") as served:
        served.log_path = tmp_path / "log"
        worker = served.worker()
        served.enqueue()
        held = worker.take()
        ids, code = fill_up(served)
        assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(grpc.RpcError):
            worker.ack(held)
        assert served.get(held.id).status == RUNNING

        ballast.unlink()

        assert worker.ack(held).new_status == SUCCESS
        assert worker.take().id == ids[0], "what waited is handed out"
        ids.append(served.enqueue(b"after"))
        served.crash()
        assert [job.id for job in pages(served, 100, ascending=True)] == [held.id, *ids]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a live process can be changed on Linux only")
def test_a_file_that_may_not_grow_refuses_and_one_that_may_again_serves(served: Served) -> None:
    process = psutil.Process(served.process.pid)
    served.enqueue()
    process.rlimit(psutil.RLIMIT_FSIZE, (600_000, -1))
    ids, code = fill_up(served)
    assert code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)

    process.rlimit(psutil.RLIMIT_FSIZE, (-1, -1))

    ids.append(served.enqueue(b"after"))
    assert served.process.poll() is None
    served.crash()
    assert {job.id for job in pages(served, 1000)} >= set(ids)
    messages = [entry["message"] for entry in served.log()]
    assert sum("can't be written" in message for message in messages) == 1, "said once, not once a call"
    assert "the database can be written again" in messages
