"""Who is handed what, and until when it is theirs, asked of a real queue process."""

from __future__ import annotations

import time
from collections import Counter

import grpc
import pytest

from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import Served, refusal

pytestmark = pytest.mark.alone

PENDING, RUNNING, SUCCESS = pb.JOB_STATUS_PENDING, pb.JOB_STATUS_RUNNING, pb.JOB_STATUS_SUCCESS
DEAD = pb.JOB_STATUS_DEAD


def test_a_worker_holds_no_more_jobs_than_it_asked_for(served: Served) -> None:
    worker = served.worker(concurrency=2)
    for _ in range(3):
        served.enqueue()
    first, _ = worker.take(), worker.take()
    assert worker.is_idle()

    worker.ack(first)

    assert worker.take().attempt == 1


def test_a_worker_takes_only_the_names_it_asked_for(served: Served) -> None:
    worker = served.worker(names=("b", "c"))
    served.enqueue(name="a")
    served.enqueue(name="b")

    assert worker.take().name == "b"


def test_a_worker_can_change_what_it_takes(served: Served) -> None:
    worker = served.worker(names=("b",))
    served.enqueue(name="a")
    assert worker.is_idle(0.1)

    worker.change(names=("a",), concurrency=1)

    assert worker.take().name == "a"


def test_a_stream_can_not_change_its_worker(served: Served) -> None:
    worker = served.worker()
    worker.worker_id = "another"
    worker.change(concurrency=1)
    assert refusal(worker.take) == grpc.StatusCode.INVALID_ARGUMENT


def test_jobs_are_shared_evenly(served: Served) -> None:
    ids = [f"worker-{n}" for n in range(3)]
    workers = [served.worker(worker_id, concurrency=10, names=("job", worker_id)) for worker_id in ids]
    for worker in workers:  # all are known before there is anything to share
        served.enqueue(name=worker.worker_id)
        worker.ack(worker.take())

    for _ in range(30):
        served.enqueue()

    shares = Counter(worker.worker_id for worker in workers for _ in range(10) if worker.take())
    assert set(shares.values()) == {10}


def test_a_job_is_pushed_at_once(served: Served) -> None:
    worker = served.worker(concurrency=100)
    waits = []
    for _ in range(20):
        sent = time.monotonic()
        served.enqueue()
        worker.take()
        waits.append(time.monotonic() - sent)
    assert sorted(waits)[10] < 0.05


def test_jobs_of_one_name_are_handed_out_in_their_order(served: Served) -> None:
    ids = [served.enqueue() for _ in range(20)]
    worker = served.worker(concurrency=20)
    assert [worker.take().id for _ in ids] == ids


def test_a_lost_connection_ends_no_lease(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()

    worker.cut()

    assert served.worker("worker-2").is_idle(0.3)
    assert worker.ack(job).new_status == SUCCESS


def test_a_job_that_is_not_acknowledged_in_time_runs_again(served: Served) -> None:
    worker = served.worker()
    served.enqueue(timeout_ms=100, max_attempts=2)
    first = worker.take()

    second = worker.take()

    assert (second.id, second.attempt) == (first.id, 2)
    assert second.started_at - first.started_at >= 100
    assert refusal(lambda: worker.ack(first)) == grpc.StatusCode.FAILED_PRECONDITION
    assert worker.ack(second).new_status == SUCCESS


def test_a_job_that_runs_out_of_time_at_its_last_attempt_is_dead(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue(timeout_ms=1, max_attempts=1)
    subscriber = served.subscriber(job_id)
    worker.take()

    assert subscriber.next().status == DEAD
    assert "attempt 1 was not acknowledged by worker-1 within 1 ms" in served.get(job_id).error


def test_a_worker_that_comes_back_before_its_stream_has_ended_takes_over(served: Served) -> None:
    old = served.worker()
    served.enqueue()
    old.take()

    new = served.worker()

    assert refusal(old.take) == grpc.StatusCode.ABORTED
    job_id = served.enqueue()
    assert new.take().id == job_id


def test_a_worker_that_was_killed_and_comes_back_gets_work_before_its_old_leases_end(served: Served) -> None:
    worker = served.worker(concurrency=2)
    for _ in range(4):
        served.enqueue()
    taken = [worker.take(), worker.take()]
    worker.cut()

    back = served.worker(concurrency=2)

    taken += [back.take(), back.take()]
    assert len({job.id for job in taken}) == 4


def test_a_worker_whose_connection_flaps_never_has_more_than_twice_its_concurrency(served: Served) -> None:
    for _ in range(10):
        served.enqueue()
    for _ in range(2):
        worker = served.worker(concurrency=2)
        worker.take(), worker.take()
        worker.cut()

    assert served.worker(concurrency=2).is_idle()
    assert served.list(statuses=[RUNNING]).total == 4


def test_a_worker_may_stop_talking_and_go_on_listening(served: Served) -> None:
    worker = served.worker()
    worker.say_no_more()
    job_id = served.enqueue()
    assert worker.take().id == job_id


def test_a_worker_may_ask_for_nothing_for_now(served: Served) -> None:
    worker = served.worker(concurrency=0)
    served.enqueue()
    assert worker.is_idle()
    worker.change(concurrency=1)
    assert worker.take()
