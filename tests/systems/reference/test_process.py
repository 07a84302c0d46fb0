"""The queue as a process: how it starts, stops, and says what is wrong."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import grpc
import pytest

from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import WITHIN_S, Served, refusal

pytestmark = pytest.mark.alone


def fails_to_start(served: Served) -> str:
    """What a second process with these arguments says, having exited with 2."""
    done = subprocess.run(served.command(), capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 2, done.stderr
    return done.stderr


def test_sigterm_ends_it_well_within_a_second_though_streams_are_open(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue(b"kept")
    worker.take()
    served.subscriber(job_id)
    asked = time.monotonic()

    assert served.stop() == 0

    assert time.monotonic() - asked < 1.0
    assert refusal(worker.take) == grpc.StatusCode.UNAVAILABLE
    served.start()
    assert served.get(job_id).args == b"kept"


def test_it_logs_one_json_object_a_line(served: Served) -> None:
    served.stop()
    entries = served.log()
    assert all(set(entry) == {"timestamp", "level", "message"} for entry in entries)
    assert entries[0]["message"] == f"listening on {served.address}"
    assert entries[-1]["message"] == "stopped"


def test_a_port_that_is_taken_is_named(served: Served, tmp_path: Path) -> None:
    other = Served(tmp_path / "other")
    other.address = served.address
    assert f"{served.address} can't be listened on" in fails_to_start(other)


def test_a_directory_that_another_queue_uses_is_refused(served: Served) -> None:
    other = Served(served.data)
    assert "Another queue may be serving from it" in fails_to_start(other)
    assert served.list().total == 0


def test_a_directory_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "file/data can't be made" in fails_to_start(Served(tmp_path / "file" / "data"))


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "queue.db").write_bytes(b"not a database, and long enough to be seen as none" * 100)
    assert "queue.db can't be used as the queue's database" in fails_to_start(Served(data))


def test_a_defect_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    said = fails_to_start(Served(tmp_path / "data", defect="coffee-spilled"))
    assert "coffee-spilled" in said
    assert "handed-out-twice" in said


def test_two_queues_never_share_ids(served: Served, tmp_path: Path) -> None:
    job_id = served.enqueue()
    with Served(tmp_path / "other") as other:
        other.enqueue()
        assert refusal(lambda: other.get(job_id)) == grpc.StatusCode.NOT_FOUND


def test_a_name_is_any_text_but_none(served: Served) -> None:
    assert refusal(lambda: served.enqueue(name="")) == grpc.StatusCode.INVALID_ARGUMENT
    for name in ("x" * 10_000, "nul\0inside", "schön 🐛"):
        worker = served.worker(names=(name,), concurrency=10)
        served.enqueue(name=name)
        assert worker.take().name == name
        assert served.list(names=[name], statuses=[pb.JOB_STATUS_RUNNING]).total == 1
