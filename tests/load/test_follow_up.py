"""What is done about jobs from outside is in the ledger before it leaves, and so is what came of it."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from chaos.ledger.records import Kind, State, job_id_hash, result_hash
from chaos.wire import reseolio_pb2 as pb
from tests.load.conftest import (
    Launch,
    Queue,
    operator_plan,
    producer_plan,
    records,
    wait_for,
    worker_plan,
)
from tests.load.scripted_queue import Say, ScriptedQueue

WRITER = "producer-1.1"


def kinds(ledger: Path, writer: str = WRITER) -> list[Kind]:
    return [Kind(kind) for kind in records(ledger, writer)["kind"]]


def test_a_share_of_the_jobs_is_cancelled(ledger: Path, reference: Queue, launch: Launch) -> None:
    plan = producer_plan(ledger, reference.address, jobs=10, cancel_share=1.0)
    producer = launch("producer", plan)
    producer.begin()
    producer.done()
    cancelled = records(ledger, WRITER, Kind.CANCEL_ACKNOWLEDGED)["job"]
    assert sorted(cancelled.tolist()) == list(range(10))


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (pb.CancelResponse(success=False, message="too late"), Kind.CANCEL_REFUSED, 9),
        (grpc.StatusCode.INTERNAL, Kind.CANCEL_UNKNOWN, 13),
        (pb.CancelResponse(success=True), Kind.CANCEL_ACKNOWLEDGED, 0),
    ],
)
def test_what_came_of_a_cancellation_is_told(
    ledger: Path, launch: Launch, answer: pb.CancelResponse | grpc.StatusCode, kind: Kind, code: int
) -> None:
    def cancel(request: pb.CancelRequest) -> pb.CancelResponse:
        assert request.job_id == "id-0"
        if isinstance(answer, grpc.StatusCode):
            raise Say(answer)
        return answer

    with ScriptedQueue() as queue:
        queue.enqueue = lambda _: pb.EnqueueResponse(job_id="id-0")
        queue.cancel = cancel
        producer = launch("producer", producer_plan(ledger, queue.address, jobs=1, cancel_share=1.0))
        producer.begin()
        producer.done()
    intent, told = records(ledger, WRITER, Kind.CANCEL_INTENDED, kind)
    assert (intent["kind"], intent["value"], intent["job"]) == (Kind.CANCEL_INTENDED, job_id_hash("id-0"), 0)
    assert (told["kind"], told["value"], told["serial"]) == (kind, code, intent["serial"])


def test_a_producer_hears_what_its_workers_returned(ledger: Path, reference: Queue, launch: Launch) -> None:
    worker = launch("worker", worker_plan(ledger, reference.address))
    assert worker.line() == "ready"
    producer = launch("producer", producer_plan(ledger, reference.address, jobs=20, subscribe_share=1.0))
    producer.begin()
    producer.summary()  # it has nothing to send any more, and goes on listening

    def heard() -> int:
        return len(set(records(ledger, WRITER, Kind.COMPLETION_HEARD)["job"].tolist()))

    wait_for("all ends to be heard of", lambda: heard() == 20)
    producer.say("stop")
    assert producer.exit_code() == 0
    returned = records(ledger, "worker-1.1", Kind.ACK_INTENDED)
    told = records(ledger, WRITER, Kind.COMPLETION_HEARD)
    assert set(told["detail"].tolist()) == {State.SUCCESS}
    results = dict(zip(returned["job"].tolist(), returned["value"].tolist(), strict=True))
    assert {job: results[job] for job in told["job"].tolist()} == dict(
        zip(told["job"].tolist(), told["value"].tolist(), strict=True)
    )
    assert len(set(results.values())) == 20
    assert set(told["attempt"].tolist()) == {1, 2}  # some were asked for once more, on another stream


def test_a_subscriber_asks_anew_once_its_stream_broke(ledger: Path, reference: Queue, launch: Launch) -> None:
    producer = launch("producer", producer_plan(ledger, reference.address, jobs=3, subscribe_share=1.0))
    producer.begin()
    producer.summary()
    wait_for("the subscriptions", lambda: kinds(ledger).count(Kind.SUBSCRIBE_INTENDED) == 3)
    reference.kill()
    reference.start_and_wait()
    worker = launch("worker", worker_plan(ledger, reference.address))
    assert worker.line() == "ready"
    wait_for("the ends to be heard of", lambda: kinds(ledger).count(Kind.COMPLETION_HEARD) >= 3)
    producer.say("stop")
    assert producer.exit_code() == 0
    assert Kind.COMPLETION_AWAITED not in kinds(ledger)


def test_a_subscriber_says_what_it_never_heard(ledger: Path, reference: Queue, launch: Launch) -> None:
    producer = launch("producer", producer_plan(ledger, reference.address, jobs=3, subscribe_share=1.0))
    producer.begin()
    producer.summary()
    wait_for("the subscriptions", lambda: kinds(ledger).count(Kind.SUBSCRIBE_INTENDED) == 3)
    producer.say("stop")
    assert producer.exit_code() == 0
    assert sorted(records(ledger, WRITER, Kind.COMPLETION_AWAITED)["job"].tolist()) == [0, 1, 2]


def test_the_operator_lets_each_dead_job_run_again_once(
    ledger: Path, reference: Queue, launch: Launch
) -> None:
    worker = launch("worker", worker_plan(ledger, reference.address, failure_rate=1.0))
    assert worker.line() == "ready"
    producer = launch("producer", producer_plan(ledger, reference.address, jobs=5, max_attempts=1))
    producer.begin()
    producer.done()
    operator = launch("operator", operator_plan(ledger, reference.address, retries_dead=True))
    operator.begin()
    started = Kind.EXECUTION_STARTED
    wait_for("every job to run again", lambda: kinds(ledger, "worker-1.1").count(started) == 10)
    assert operator.stopped()["retried"] == 5
    assert sorted(records(ledger, "operator.1", Kind.RETRY_ACKNOWLEDGED)["job"].tolist()) == list(range(5))


def test_the_operator_leaves_jobs_alone_that_are_none_of_the_load(
    ledger: Path, reference: Queue, launch: Launch
) -> None:
    worker = launch("worker", worker_plan(ledger, reference.address, failure_rate=1.0))
    assert worker.line() == "ready"
    producer = launch("producer", producer_plan(ledger, reference.address, jobs=5, max_attempts=1))
    producer.begin()
    producer.done()
    operator = launch("operator", operator_plan(ledger, reference.address, jobs=3, retries_dead=True))
    operator.begin()
    wait_for("three to run again", lambda: kinds(ledger, "worker-1.1").count(Kind.EXECUTION_STARTED) == 8)
    assert operator.stopped()["retried"] == 3
    assert sorted(records(ledger, "operator.1", Kind.RETRY_ACKNOWLEDGED)["job"].tolist()) == [0, 1, 2]


def test_a_result_is_told_by_its_hash() -> None:
    assert result_hash(b"") == 0
    assert result_hash(b"a") == job_id_hash("a")
