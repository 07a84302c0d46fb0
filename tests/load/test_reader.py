"""The reader tells the system's last word on every job, and what it could not learn it does not invent."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from chaos.ledger.records import Kind, State, job_id_hash
from chaos.ledger.writer import LedgerWriter
from chaos.load.payload import make_payload
from chaos.wire import reseolio_pb2 as pb
from tests.load.conftest import (
    JOB_NAME,
    RUN,
    Launch,
    Queue,
    producer_plan,
    reader_plan,
    records,
    wait_for,
    worker_plan,
)
from tests.load.scripted_queue import Say, ScriptedQueue

WRITER = "reader.1"


def write(ledger: Path, component: str = "producer-1") -> LedgerWriter:
    return LedgerWriter(ledger, run=RUN, component=component, incarnation=1)


def final_states(ledger: Path) -> dict[int, int]:
    final = records(ledger, WRITER, Kind.FINAL_STATE)
    assert len(set(final["serial"].tolist())) == len(final)
    return dict(zip(final["job"].tolist(), final["detail"].tolist(), strict=True))


def test_it_reads_the_state_of_every_job_once(launch: Launch, queue: Queue, ledger: Path) -> None:
    worker = launch("worker", worker_plan(ledger, queue.address))
    assert worker.line() == "ready"
    producer = launch(
        "producer", producer_plan(ledger, queue.address, jobs=50, rate_per_s=None, enqueued_twice=0.3)
    )
    producer.begin()
    producer.done()
    wait_for("all acks", lambda: len(records(ledger, "worker-1.1", Kind.ACK_ACKNOWLEDGED)) == 50)
    worker.stopped()
    late = launch("producer", producer_plan(ledger, queue.address, component="producer-2", jobs=60, first=50))
    late.begin()
    late.done()
    reader = launch("reader", reader_plan(ledger, queue.address))
    assert reader.line() == "ready"
    summary = reader.done()
    assert (summary["read"], summary["absent"], summary["unread"]) == (60, 0, 0)
    final = records(ledger, WRITER)
    assert len(final) == 60
    assert final_states(ledger) == {job: State.SUCCESS if job < 50 else State.PENDING for job in range(60)}
    assert final["attempt"][final["job"] < 50].tolist() == [1] * 50
    enqueued = {
        (int(record["job"]), int(record["value"]))
        for producer_name in ("producer-1.1", "producer-2.1")
        for record in records(ledger, producer_name, Kind.ENQUEUE_ACKNOWLEDGED)
    }
    assert set(zip(final["job"].tolist(), final["value"].tolist(), strict=True)) == enqueued


def test_a_job_that_the_system_does_not_know_is_absent(launch: Launch, queue: Queue, ledger: Path) -> None:
    with write(ledger) as writer:
        writer.enqueue_intended(5, 0, 1, 0, 0)
        writer.enqueue_acknowledged(5, False, 1, "no-such-job", 0)
    reader = launch("reader", reader_plan(ledger, queue.address))
    assert reader.line() == "ready"
    assert reader.done()["absent"] == 1
    (final,) = records(ledger, WRITER)
    assert (final["job"], final["detail"], final["value"]) == (5, State.ABSENT, job_id_hash("no-such-job"))


def test_both_ids_of_a_key_are_asked_for(launch: Launch, ledger: Path) -> None:
    with write(ledger) as writer:
        for serial, job_id in enumerate(("one", "other", "one")):
            writer.enqueue_intended(0, min(serial, 1), 1, 0, serial)
            writer.enqueue_acknowledged(0, False, 1, job_id, serial)
    with ScriptedQueue() as queue:
        queue.get = lambda request: pb.Job(id=request.job_id, status=pb.JOB_STATUS_DEAD, attempt=4)
        reader = launch("reader", reader_plan(ledger, queue.address))
        assert reader.line() == "ready"
        assert reader.done()["read"] == 2
    final = records(ledger, WRITER)
    assert sorted(final["value"].tolist()) == sorted([job_id_hash("one"), job_id_hash("other")])
    assert final["attempt"].tolist() == [4, 4]


def test_a_job_whose_enqueue_was_left_open_is_found_or_absent(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    producer = launch("producer", producer_plan(ledger, queue.address, jobs=20, run=RUN, rate_per_s=None))
    producer.begin()
    producer.done()
    (ledger / "producer-1.1.ledger").unlink()
    (ledger / "producer-1.1.ids").unlink()
    with write(ledger) as writer:
        for serial, job in enumerate((3, 4, 7777, 8888)):
            writer.enqueue_intended(job, 0, 1, 0, serial)
        writer.enqueue_unknown(3, grpc.StatusCode.UNAVAILABLE.value[0], 1, 0)
        writer.enqueue_refused(8888, grpc.StatusCode.INVALID_ARGUMENT.value[0], 1, 3)
    reader = launch("reader", reader_plan(ledger, queue.address))
    assert reader.line() == "ready"
    summary = reader.done()
    assert (summary["read"], summary["recovered"], summary["absent"]) == (2, 2, 1)
    assert final_states(ledger) == {3: State.PENDING, 4: State.PENDING, 7777: State.ABSENT}
    final = records(ledger, WRITER)
    assert (final["value"][final["job"] == 7777] == 0).all()
    assert (final["value"][final["job"] != 7777] != 0).all()


def test_every_job_that_one_open_key_gave_is_recorded(launch: Launch, ledger: Path) -> None:
    with write(ledger) as writer:
        writer.enqueue_intended(0, 0, 1, 0, 0)
    listed = [
        pb.Job(id=job_id, name=JOB_NAME, args=make_payload(RUN, 0, 200), status=pb.JOB_STATUS_SUCCESS)
        for job_id in ("one", "other")
    ]
    with ScriptedQueue() as queue:
        queue.list_jobs = lambda _: pb.ListJobsResponse(jobs=listed)
        reader = launch("reader", reader_plan(ledger, queue.address))
        assert reader.line() == "ready"
        summary = reader.done()
    assert (summary["read"], summary["recovered"]) == (2, 1)


@pytest.mark.parametrize("lists", [True, False])
def test_where_nothing_can_be_listed_open_jobs_stay_unread(lists: bool, launch: Launch, ledger: Path) -> None:
    with write(ledger) as writer:
        writer.enqueue_intended(0, 0, 1, 0, 0)
    with ScriptedQueue() as queue:
        reader = launch("reader", reader_plan(ledger, queue.address, lists=lists))
        assert reader.line() == "ready"
        summary = reader.done()
    assert (summary["unread"], summary["absent"]) == (1, 0)
    assert len(records(ledger, WRITER)) == 0


def test_a_core_that_is_gone_leaves_jobs_unread_by_the_deadline(launch: Launch, ledger: Path) -> None:
    with write(ledger) as writer:
        for serial in range(100):
            writer.enqueue_intended(serial, 0, 1, 0, serial)
            writer.enqueue_acknowledged(serial, False, 1, f"id-{serial}", serial)
    reader = launch("reader", reader_plan(ledger, "127.0.0.1:1", deadline_s=0.5))
    assert reader.line() == "ready"
    summary = reader.done()
    assert summary["unread"] == 100
    assert summary["seconds"] < 5
    assert set(final_states(ledger).values()) == {State.UNREAD}


def test_a_question_without_an_answer_is_asked_again(launch: Launch, ledger: Path) -> None:
    with write(ledger) as writer:
        writer.enqueue_intended(0, 0, 1, 0, 0)
        writer.enqueue_acknowledged(0, False, 1, "an-id", 0)
    failures = iter([grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE])

    def get(_: pb.GetJobRequest) -> pb.Job:
        if (code := next(failures, None)) is not None:
            raise Say(code)
        return pb.Job(status=pb.JOB_STATUS_SUCCESS)

    with ScriptedQueue() as queue:
        queue.get = get
        reader = launch("reader", reader_plan(ledger, queue.address))
        assert reader.line() == "ready"
        assert reader.done()["read"] == 1


def test_a_state_that_nobody_knows_is_unread_not_absent(launch: Launch, ledger: Path) -> None:
    with write(ledger) as writer:
        writer.enqueue_intended(0, 0, 1, 0, 0)
        writer.enqueue_acknowledged(0, False, 1, "an-id", 0)
    with ScriptedQueue() as queue:
        queue.get = lambda _: pb.Job(status=pb.JOB_STATUS_UNSPECIFIED)
        reader = launch("reader", reader_plan(ledger, queue.address))
        assert reader.line() == "ready"
        assert reader.done()["unread"] == 1
    assert final_states(ledger) == {0: State.UNREAD}


def test_a_damaged_ledger_is_a_failure(launch: Launch, ledger: Path) -> None:
    with write(ledger) as writer:
        writer.enqueue_intended(0, 0, 1, 0, 0)
    path = ledger / "producer-1.1.ledger"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 0xFF]))
    reader = launch("reader", reader_plan(ledger, "127.0.0.1:1"))
    assert reader.line() == "ready"
    assert "damaged at byte 256" in reader.failed()
