"""A worker executes what it is given, records each step, and says how it ended until somebody listens."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import grpc
import pytest

from chaos.chance import happens
from chaos.ledger.records import NO_JOB, Kind, Outcome, Payload, State, job_id_hash
from chaos.load.client import QueueClient
from chaos.load.payload import make_payload
from chaos.wire import reseolio_pb2 as pb
from tests.load.conftest import (
    JOB_NAME,
    RUN,
    Launch,
    Queue,
    producer_plan,
    records,
    wait_for,
    worker_plan,
)
from tests.load.scripted_queue import Say, ScriptedQueue

pytestmark = pytest.mark.alone

WRITER = "worker-1.1"
INTERNAL = grpc.StatusCode.INTERNAL
TAKEN = pb.AckResponse(new_status=pb.JOB_STATUS_SUCCESS)


def pushed(number: int, attempt: int = 1, run: str = RUN) -> pb.Job:
    return pb.Job(id=f"id-{number}", name=JOB_NAME, args=make_payload(run, number, 200), attempt=attempt)


def enqueue(launch: Launch, queue: Queue, ledger: Path, jobs: int, max_attempts: int = 5) -> None:
    plan = producer_plan(
        ledger, queue.address, jobs=jobs, rate_per_s=None, max_attempts=max_attempts, initial_delay_s=0.001
    )
    producer = launch("producer", plan)
    producer.begin()
    producer.done()


def depth(queue: Queue) -> int | None:
    async def ask() -> int | None:
        async with QueueClient(queue.address) as client:
            return await client.depth()

    return asyncio.run(ask())


def test_it_executes_every_job_and_records_each_step(launch: Launch, queue: Queue, ledger: Path) -> None:
    worker = launch("worker", worker_plan(ledger, queue.address))
    assert worker.line() == "ready"
    enqueue(launch, queue, ledger, jobs=50)
    wait_for("the queue to be empty", lambda: depth(queue) == 0)
    summary = worker.stopped()
    assert summary["executions"] == summary["acknowledged"] == 50
    assert summary["cut_off"] == summary["left_open"] == 0
    written = records(ledger, WRITER)
    for serial in range(50):
        chain = written[written["serial"] == serial]
        assert chain["kind"].tolist() == [
            Kind.EXECUTION_STARTED,
            Kind.EXECUTION_FINISHED,
            Kind.ACK_INTENDED,
            Kind.ACK_ACKNOWLEDGED,
        ]
        assert len(set(chain["job"].tolist())) == 1
        assert chain["attempt"].tolist() == [1, 1, 1, 1]
        assert chain["detail"].tolist() == [Payload.INTACT, *[Outcome.SUCCESS] * 3]
        assert chain["value"][3] == State.SUCCESS
        assert chain["time_ns"][1] - chain["time_ns"][0] >= 10_000_000
    enqueued = records(ledger, "producer-1.1", Kind.ENQUEUE_ACKNOWLEDGED)
    started = written[written["kind"] == Kind.EXECUTION_STARTED]
    assert dict(zip(started["job"].tolist(), started["value"].tolist(), strict=True)) == dict(
        zip(enqueued["job"].tolist(), enqueued["value"].tolist(), strict=True)
    )


def test_which_executions_fail_is_drawn_from_the_seed(launch: Launch, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        queue.ack = lambda _: TAKEN
        queue.jobs = [pushed(number, attempt) for number in range(40) for attempt in (1, 2)]
        worker = launch("worker", worker_plan(ledger, queue.address, failure_rate=0.3, seed=11))
        assert worker.line() == "ready"
        wait_for("all acks", lambda: len(queue.acks) == 80)
        worker.stopped()
        successes = {request.job_id for request in queue.acks if not request.result.success}
    finished = records(ledger, WRITER, Kind.EXECUTION_FINISHED)
    for record in finished:
        fails = happens(0.3, 11, "job-failure", int(record["job"]), int(record["attempt"]))
        assert record["detail"] == (Outcome.FAILURE if fails else Outcome.SUCCESS)
        assert not fails or f"id-{record['job']}" in successes


def test_a_failure_asks_for_another_attempt(launch: Launch, reference: Queue, ledger: Path) -> None:
    worker = launch("worker", worker_plan(ledger, reference.address, failure_rate=1.0))
    assert worker.line() == "ready"
    enqueue(launch, reference, ledger, jobs=1, max_attempts=2)
    wait_for("both attempts", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 2)
    worker.stopped()
    acks = records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)
    assert acks["attempt"].tolist() == [1, 2]
    assert acks["value"].tolist() == [State.PENDING, State.DEAD]


def test_an_ack_names_its_worker_and_its_attempt(launch: Launch, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        queue.ack = lambda _: TAKEN
        queue.jobs = [pushed(3, attempt=7)]
        worker = launch("worker", worker_plan(ledger, queue.address))
        assert worker.line() == "ready"
        wait_for("the ack", lambda: bool(queue.metadata))
        worker.stopped()
    assert queue.metadata[0].items() >= {"worker-id": "worker-1", "attempt": "7"}.items()


def test_an_ack_of_unknown_outcome_is_tried_until_it_is_answered(launch: Launch, ledger: Path) -> None:
    failures = iter([INTERNAL] * 3)

    def ack(_: pb.AckRequest) -> pb.AckResponse:
        if (code := next(failures, None)) is not None:
            raise Say(code)
        return TAKEN

    with ScriptedQueue() as queue:
        queue.ack = ack
        queue.jobs = [pushed(0)]
        worker = launch("worker", worker_plan(ledger, queue.address))
        assert worker.line() == "ready"
        wait_for("the answer", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 1)
        worker.stopped()
    acks = records(ledger, WRITER)[2:]
    assert acks["kind"].tolist() == [
        *[Kind.ACK_INTENDED, Kind.ACK_UNKNOWN] * 3,
        Kind.ACK_INTENDED,
        Kind.ACK_ACKNOWLEDGED,
    ]
    assert acks["value"][1] == INTERNAL.value[0]
    assert set(acks["serial"].tolist()) == {0}


def test_a_refused_ack_is_final(launch: Launch, ledger: Path) -> None:
    def refuse(_: pb.AckRequest) -> pb.AckResponse:
        raise Say(grpc.StatusCode.FAILED_PRECONDITION)

    with ScriptedQueue() as queue:
        queue.ack = refuse
        queue.jobs = [pushed(0)]
        worker = launch("worker", worker_plan(ledger, queue.address))
        assert worker.line() == "ready"
        wait_for("the refusal", lambda: len(records(ledger, WRITER, Kind.ACK_REFUSED)) == 1)
        assert worker.stopped()["refused"] == 1
    assert len(queue.acks) == 1


def test_an_ack_is_not_tried_beyond_the_time_of_its_job(launch: Launch, ledger: Path) -> None:
    def fail(_: pb.AckRequest) -> pb.AckResponse:
        raise Say(INTERNAL)

    with ScriptedQueue() as queue:
        queue.ack = fail
        queue.jobs = [pushed(0)]
        worker = launch("worker", worker_plan(ledger, queue.address, timeout_s=0.3))
        assert worker.line() == "ready"
        wait_for("the first tries", lambda: len(queue.acks) > 1)
        time.sleep(0.5)
        tries = len(queue.acks)
        time.sleep(0.3)
        assert len(queue.acks) == tries
        assert worker.stopped()["left_open"] == 1
    written = records(ledger, WRITER)
    assert written["time_ns"][-1] - written["time_ns"][0] < 1_000_000_000


def test_executions_go_on_when_the_core_is_killed_and_their_acks_reach_the_next_one(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    worker = launch("worker", worker_plan(ledger, queue.address, duration_s=0.4))
    assert worker.line() == "ready"
    enqueue(launch, queue, ledger, jobs=4)
    wait_for("four executions", lambda: len(records(ledger, WRITER, Kind.EXECUTION_STARTED)) == 4)
    queue.kill()
    wait_for("their end", lambda: len(records(ledger, WRITER, Kind.EXECUTION_FINISHED)) == 4)
    assert len(records(ledger, WRITER, Kind.ACK_INTENDED)) == 0
    queue.start()
    wait_for("their acks", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) >= 4)
    summary = worker.stopped()
    assert summary["connections"] == 2
    assert summary["left_open"] == 0


def test_it_comes_back_under_its_own_id_and_gets_jobs_again(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    worker = launch("worker", worker_plan(ledger, queue.address))
    assert worker.line() == "ready"
    for round_number in range(3):
        queue.kill()
        queue.start()
        component = f"producer-{round_number}"
        first, expected = 10 * round_number, 10 * (round_number + 1)
        plan = producer_plan(ledger, queue.address, component=component, first=first, jobs=expected)
        producer = launch("producer", plan)
        producer.begin()
        producer.done()
        wait_for_acks(ledger, expected)
    assert worker.stopped()["executions"] >= 30


def wait_for_acks(ledger: Path, number: int) -> None:
    wait_for(f"{number} acks", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) >= number)


def test_it_registers_once_while_its_stream_lasts(launch: Launch, ledger: Path) -> None:
    registrations: list[pb.PollRequest] = []
    with ScriptedQueue() as queue:
        queue.poll = registrations.append
        worker = launch("worker", worker_plan(ledger, queue.address, concurrency=3))
        assert worker.line() == "ready"
        time.sleep(0.5)
        assert [(r.worker_id, list(r.names), r.concurrency) for r in registrations] == [
            ("worker-1", [JOB_NAME], 3)
        ]
        worker.stopped()


def test_a_core_that_takes_on_no_worker_ends_it(launch: Launch, ledger: Path) -> None:
    def refuse(_: pb.PollRequest) -> None:
        raise Say(grpc.StatusCode.PERMISSION_DENIED)

    with ScriptedQueue() as queue:
        queue.poll = refuse
        queue.list_jobs = queue.never
        worker = launch("worker", worker_plan(ledger, queue.address))
        assert "refuses to give jobs to a worker: PERMISSION_DENIED" in worker.failed()


def test_a_core_that_says_nothing_before_the_first_job_is_taken_at_its_other_answers(
    launch: Launch, ledger: Path
) -> None:
    with ScriptedQueue() as queue:
        worker = launch("worker", worker_plan(ledger, queue.address))
        assert worker.line() == "ready"
        worker.stopped()


def test_a_core_that_stumbles_is_asked_again(launch: Launch, ledger: Path) -> None:
    stumbles = iter([INTERNAL, grpc.StatusCode.ABORTED])

    def stumble(_: pb.PollRequest) -> None:
        if (code := next(stumbles, None)) is not None:
            raise Say(code)

    with ScriptedQueue() as queue:
        queue.poll = stumble
        worker = launch("worker", worker_plan(ledger, queue.address))
        assert worker.line() == "ready"
        worker.stopped()


def test_a_payload_that_is_not_what_was_sent_is_recorded_so(launch: Launch, ledger: Path) -> None:
    unreadable, altered, strange = pushed(0), pushed(1), pushed(2, run="another-run")
    unreadable.args = unreadable.args[:-3]
    altered.args = altered.args.replace(b"chaos", b"order", 1)
    with ScriptedQueue() as queue:
        queue.ack = lambda _: TAKEN
        queue.jobs = [unreadable, altered, strange, pushed(3)]
        worker = launch("worker", worker_plan(ledger, queue.address))
        assert worker.line() == "ready"
        wait_for("four acks", lambda: len(queue.acks) == 4)
        worker.stopped()
    started = records(ledger, WRITER, Kind.EXECUTION_STARTED)
    assert started["job"].tolist() == [NO_JOB, 1, NO_JOB, 3]
    assert started["detail"].tolist() == [Payload.CORRUPTED] * 3 + [Payload.INTACT]
    assert started["value"].tolist() == [job_id_hash(f"id-{number}") for number in range(4)]


def test_told_to_stop_it_finishes_what_it_has_and_takes_no_more(
    launch: Launch, reference: Queue, ledger: Path
) -> None:
    worker = launch("worker", worker_plan(ledger, reference.address, duration_s=0.3, concurrency=2))
    assert worker.line() == "ready"
    enqueue(launch, reference, ledger, jobs=20)
    wait_for("executions", lambda: len(records(ledger, WRITER, Kind.EXECUTION_STARTED)) >= 2)
    summary = worker.stopped()
    assert summary["executions"] == summary["acknowledged"]
    assert summary["cut_off"] == 0
    assert 2 <= summary["executions"] <= 6
    assert depth(reference) == 20 - summary["executions"]


def test_told_to_stop_it_leaves_what_takes_longer_than_its_time(launch: Launch, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        queue.jobs = [pushed(0)]
        worker = launch("worker", worker_plan(ledger, queue.address, duration_s=30.0, timeout_s=0.2))
        assert worker.line() == "ready"
        wait_for("the execution", lambda: len(records(ledger, WRITER)) == 1)
        assert worker.stopped()["cut_off"] == 1
    assert records(ledger, WRITER)["kind"].tolist() == [Kind.EXECUTION_STARTED]


def test_told_to_stop_while_the_core_is_gone_it_leaves(launch: Launch, queue: Queue, ledger: Path) -> None:
    worker = launch("worker", worker_plan(ledger, queue.address))
    assert worker.line() == "ready"
    queue.kill()
    worker.stopped()
