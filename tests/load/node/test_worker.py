"""A worker on the Node.js SDK writes the same ledger as the others; what the SDK does of its own is seen in it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest

from chaos.chance import happens
from chaos.experiment.model import Runtime
from chaos.ledger.records import (
    FIRST_SCHEDULE,
    NO_JOB,
    Kind,
    Outcome,
    Payload,
    State,
    job_id_hash,
    result_hash,
)
from chaos.ledger.writer import LedgerWriter
from chaos.load.payload import make_payload
from chaos.load.plan import WorkerPlan, schedule_name
from chaos.wire import reseolio_pb2 as pb
from tests.load.conftest import (
    PATIENCE_S,
    RUN,
    Launch,
    Load,
    Queue,
    producer_plan,
    records,
    wait_for,
    worker_plan,
)
from tests.load.scripted_queue import Say, ScriptedQueue

WRITER = "worker-1.1"
TAKEN = pb.AckResponse(new_status=pb.JOB_STATUS_SUCCESS)
CHAIN = [Kind.EXECUTION_STARTED, Kind.EXECUTION_FINISHED, Kind.ACK_INTENDED, Kind.ACK_ACKNOWLEDGED]

Work = Callable[[WorkerPlan], Load]


@pytest.fixture
def work(launch: Launch, node: str) -> Work:  # noqa: ARG001 - it is skipped without
    """Starts a worker."""
    return partial(launch, "worker", runtime=Runtime.NODE)


def pushed(number: int, attempt: int = 1, run: str = RUN) -> pb.Job:
    return pb.Job(id=f"id-{number}", name="chaos", args=make_payload(run, number, 200), attempt=attempt)


def ready(work: Work, ledger: Path, queue: Queue | ScriptedQueue, **changes: Any) -> Load:
    worker = work(worker_plan(ledger, queue.address, **changes))
    assert worker.line() == "ready"
    return worker


def enqueue(launch: Launch, queue: Queue, ledger: Path, jobs: int) -> None:
    producer = launch("producer", producer_plan(ledger, queue.address, jobs=jobs, rate_per_s=None))
    producer.begin()
    producer.done()


def test_it_executes_every_job_and_records_each_step(
    work: Work, launch: Launch, queue: Queue, ledger: Path
) -> None:
    worker = ready(work, ledger, queue)
    enqueue(launch, queue, ledger, jobs=50)
    wait_for("all acks", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 50)
    summary = worker.stopped()
    assert summary["executions"] == summary["acknowledged"] == 50
    assert summary["left_open"] == summary["cut_off"] == summary["refused"] == 0
    assert summary["connections"] == 1
    written = records(ledger, WRITER)
    for serial in range(50):
        chain = written[written["serial"] == serial]
        assert chain["kind"].tolist() == CHAIN
        assert chain["attempt"].tolist() == [1, 1, 1, 1]
        assert chain["detail"].tolist() == [Payload.INTACT, *[Outcome.SUCCESS] * 3]
        (job,) = set(chain["job"].tolist())
        result = f'{{"job":{job},"worker":"{WRITER}","execution":{serial}}}'
        assert chain["value"][2:].tolist() == [result_hash(result.encode()), State.SUCCESS]
        assert chain["time_ns"][1] - chain["time_ns"][0] >= 10_000_000
    enqueued = records(ledger, "producer-1.1", Kind.ENQUEUE_ACKNOWLEDGED)
    started = written[written["kind"] == Kind.EXECUTION_STARTED]
    assert dict(zip(started["job"].tolist(), started["value"].tolist(), strict=True)) == dict(
        zip(enqueued["job"].tolist(), enqueued["value"].tolist(), strict=True)
    )
    assert records(ledger, WRITER, Kind.CONNECTED, Kind.DISCONNECTED)["kind"].tolist() == [
        Kind.CONNECTED,
        Kind.DISCONNECTED,
    ]


def test_the_seed_decides_which_executions_fail_and_failures_ask_for_another_attempt(
    work: Work, ledger: Path
) -> None:
    with ScriptedQueue() as queue:
        queue.ack = lambda _: TAKEN
        queue.jobs = [pushed(number, attempt) for number in range(40) for attempt in (1, 2)]
        worker = ready(work, ledger, queue, failure_rate=0.3, seed=11)
        wait_for("all acks", lambda: len(queue.acks) == 80)
        worker.stopped()
        failures = [ack.result for ack in queue.acks if not ack.result.success]
    finished = records(ledger, WRITER, Kind.EXECUTION_FINISHED)
    for record in finished:
        fails = happens(0.3, 11, "job-failure", int(record["job"]), int(record["attempt"]))
        assert record["detail"] == (Outcome.FAILURE if fails else Outcome.SUCCESS)
    assert len(failures) == (finished["detail"] == Outcome.FAILURE).sum() > 0
    assert all(failure.should_retry for failure in failures)


def test_the_sdk_follows_a_success_whose_answer_was_lost_with_a_failure(work: Work, ledger: Path) -> None:
    """It sends each once: nothing tries again until the time of the job is over."""

    def lose_the_first(request: pb.AckRequest) -> pb.AckResponse:
        if request.result.success:
            raise Say(grpc.StatusCode.UNAVAILABLE)
        return pb.AckResponse(new_status=pb.JOB_STATUS_PENDING)

    with ScriptedQueue() as queue:
        queue.ack = lose_the_first
        queue.jobs = [pushed(0)]
        worker = ready(work, ledger, queue)
        wait_for("the answer", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 1)
        assert worker.stopped()["acknowledged"] == 1
    written = records(ledger, WRITER)
    assert written["kind"].tolist() == [*CHAIN[:3], Kind.ACK_UNKNOWN, *CHAIN[2:]]
    assert written["detail"].tolist() == [Payload.INTACT, *[Outcome.SUCCESS] * 3, *[Outcome.FAILURE] * 2]
    assert written["value"].tolist()[3:] == [grpc.StatusCode.UNAVAILABLE.value[0], 0, State.PENDING]


def test_a_refused_ack_is_recorded_and_so_is_the_failure_that_the_sdk_sends_after_it(
    work: Work, ledger: Path
) -> None:
    def refuse(_: pb.AckRequest) -> pb.AckResponse:
        raise Say(grpc.StatusCode.FAILED_PRECONDITION)

    with ScriptedQueue() as queue:
        queue.ack = refuse
        queue.jobs = [pushed(0)]
        worker = ready(work, ledger, queue)
        wait_for("both refusals", lambda: len(records(ledger, WRITER, Kind.ACK_REFUSED)) == 2)
        assert worker.stopped()["refused"] == 1


def test_an_execution_beyond_its_time_ends_when_the_sdk_gives_up_on_it(work: Work, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        queue.ack = lambda _: pb.AckResponse(new_status=pb.JOB_STATUS_PENDING)
        queue.jobs = [pushed(0)]
        worker = ready(work, ledger, queue, duration_s=30.0, timeout_s=0.2)
        wait_for("the ack", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 1)
        worker.stopped()
    written = records(ledger, WRITER)
    assert written["kind"].tolist() == CHAIN
    assert written["detail"].tolist() == [Payload.INTACT, *[Outcome.FAILURE] * 3]
    assert written["time_ns"][1] - written["time_ns"][0] >= 200_000_000


def test_a_payload_that_is_not_what_was_sent_is_recorded_so(work: Work, ledger: Path) -> None:
    """The SDK fails what is no JSON, before the handler of the job is called."""
    unreadable, altered, strange = pushed(0), pushed(1), pushed(2, run="another-run")
    unreadable.args = unreadable.args[:-3]
    altered.args = altered.args.replace(b"chaos", b"order", 1)
    with ScriptedQueue() as queue:
        queue.ack = lambda _: TAKEN
        queue.jobs = [unreadable, altered, strange, pushed(3)]
        worker = ready(work, ledger, queue)
        wait_for("four acks", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 4)
        worker.stopped()
    started = records(ledger, WRITER, Kind.EXECUTION_STARTED)
    assert started["job"].tolist() == [NO_JOB, 1, NO_JOB, 3]
    assert started["detail"].tolist() == [Payload.CORRUPTED] * 3 + [Payload.INTACT]
    assert started["value"].tolist() == [job_id_hash(f"id-{number}") for number in range(4)]
    finished = records(ledger, WRITER, Kind.EXECUTION_FINISHED)
    assert dict(zip(finished["serial"].tolist(), finished["detail"].tolist(), strict=True)) == {
        0: Outcome.FAILURE,
        1: Outcome.SUCCESS,
        2: Outcome.SUCCESS,
        3: Outcome.SUCCESS,
    }


def test_after_a_stream_that_broke_it_gets_jobs_again(
    work: Work, launch: Launch, queue: Queue, ledger: Path
) -> None:
    worker = ready(work, ledger, queue)
    queue.kill()
    wait_for("the loss", lambda: len(records(ledger, WRITER, Kind.DISCONNECTED)) == 1)
    queue.start()
    enqueue(launch, queue, ledger, jobs=5)
    wait_for("five acks", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 5)
    assert worker.stopped()["connections"] == 2


def test_after_a_stream_that_ended_in_good_order_the_sdk_opens_no_other_one_and_that_is_logged(
    work: Work, ledger: Path
) -> None:
    with ScriptedQueue() as queue:
        polls: list[pb.PollRequest] = []
        queue.poll = polls.append
        worker = ready(work, ledger, queue)
        queue.leaves.set()
        assert worker.process.stderr is not None
        log = iter(worker.process.stderr.readline, b"")
        assert any(b"and the SDK opens no other one: this worker gets no more jobs" in line for line in log)
        worker.stopped()
    assert len(polls) == 1


def test_it_executes_what_schedules_fire_as_well(work: Work, ledger: Path) -> None:
    fired = pushed(FIRST_SCHEDULE + 1)
    fired.name = schedule_name("chaos", 1)
    with ScriptedQueue() as queue:
        polls: list[pb.PollRequest] = []
        queue.poll = polls.append
        queue.ack = lambda _: TAKEN
        queue.jobs = [fired]
        names = (schedule_name("chaos", 0), schedule_name("chaos", 1))
        worker = ready(work, ledger, queue, fired=names)
        wait_for("the ack", lambda: len(records(ledger, WRITER, Kind.ACK_ACKNOWLEDGED)) == 1)
        worker.stopped()
    assert list(polls[0].names) == ["chaos", *names]
    assert set(records(ledger, WRITER)["job"].tolist()) == {FIRST_SCHEDULE + 1}
    assert records(ledger, WRITER)["detail"].tolist() == [Payload.INTACT, *[Outcome.SUCCESS] * 3]


def test_a_core_that_takes_on_no_worker_ends_it(work: Work, ledger: Path) -> None:
    def refuse(_: pb.PollRequest) -> None:
        raise Say(grpc.StatusCode.PERMISSION_DENIED)

    with ScriptedQueue() as queue:
        queue.poll = refuse
        queue.list_jobs = queue.never
        worker = work(worker_plan(ledger, queue.address))
        assert "refuses to give jobs to a worker: 7: as the test says" in worker.failed()


def test_told_to_stop_it_finishes_what_it_has(work: Work, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        queue.ack = lambda _: TAKEN
        queue.jobs = [pushed(0)]
        worker = ready(work, ledger, queue, duration_s=0.3)
        wait_for("the execution", lambda: len(records(ledger, WRITER)) == 1)
        assert worker.stopped()["acknowledged"] == 1


def test_told_to_stop_it_waits_no_longer_for_an_answer_than_a_job_may_take(work: Work, ledger: Path) -> None:
    left = threading.Event()

    def answer_too_late(_: pb.AckRequest) -> pb.AckResponse:
        left.wait(PATIENCE_S)
        return TAKEN

    with ScriptedQueue() as queue:
        queue.ack = answer_too_late
        queue.jobs = [pushed(0)]
        worker = ready(work, ledger, queue, timeout_s=0.3)
        wait_for("the ack", lambda: len(queue.acks) == 1)
        assert worker.stopped()["cut_off"] == 1
        left.set()


def test_one_that_comes_back_is_ready_though_no_core_is_there(work: Work, ledger: Path) -> None:
    worker = work(worker_plan(ledger, "127.0.0.1:1", incarnation=2))
    assert worker.line() == "ready"
    assert worker.stopped()["connections"] == 0


def test_it_leaves_as_every_load_process_does(work: Work, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        orphan, ended = (
            work(worker_plan(ledger, queue.address, component=name)) for name in ("worker-2", "worker-3")
        )
        assert [orphan.line(), ended.line()] == ["ready", "ready"]
        orphan.process.send_signal(signal.SIGINT)  # that is for the runner
        assert orphan.process.stdin is not None
        orphan.process.stdin.close()
        assert orphan.process.wait(5.0) == 4
        ended.process.send_signal(signal.SIGTERM)
        assert ended.process.wait(5.0) == -signal.SIGTERM


def test_what_it_can_not_do_it_says(work: Work, ledger: Path) -> None:
    LedgerWriter(ledger, run=RUN, component="worker-1", incarnation=1).close()
    taken, strange = (
        work(worker_plan(ledger, "127.0.0.1:1", component=name)) for name in ("worker-1", "worker-2")
    )
    strange.say("dance")
    assert 'unknown command: "dance"' in strange.failed()
    assert "the ledger can't be written: " in taken.failed()
