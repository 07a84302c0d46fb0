"""Enqueueing, attempts and acks, asked of a real queue process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import grpc

from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import Served, refusal

PENDING, RUNNING, SUCCESS = pb.JOB_STATUS_PENDING, pb.JOB_STATUS_RUNNING, pb.JOB_STATUS_SUCCESS
DEAD, CANCELLED = pb.JOB_STATUS_DEAD, pb.JOB_STATUS_CANCELLED


def test_a_job_goes_to_a_worker_and_succeeds(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue(b"payload", name="mail")

    job = worker.take()

    assert (job.id, job.name, job.args, job.attempt, job.status) == (job_id, "mail", b"payload", 1, RUNNING)
    assert job.deadline_ms == job.started_at + 30_000
    assert worker.ack(job, return_value=b"sent").new_status == SUCCESS
    stored = served.get(job_id)
    assert (stored.status, stored.result, stored.attempt) == (SUCCESS, b"sent", 1)
    assert 0 < stored.created_at <= stored.started_at <= stored.completed_at


def test_options_left_out_have_the_defaults_of_the_contract(served: Served) -> None:
    job = served.get(served.enqueue())
    assert job.max_attempts == 3


def test_an_option_that_makes_no_sense_is_refused(served: Served) -> None:
    nonsense: list[dict[str, Any]] = [{"max_attempts": -1}, {"timeout_ms": -1}, {"backoff": "slow"}]
    nonsense += [{"jitter": 1.5}, {"jitter": float("nan")}]
    for options in nonsense:
        assert refusal(partial(served.enqueue, **options)) == grpc.StatusCode.INVALID_ARGUMENT
    assert served.list().total == 0


def test_a_second_enqueue_under_one_key_is_answered_with_the_first_job(served: Served) -> None:
    first = served.enqueued(b"one", key="k")
    second = served.enqueued(b"two", key="k")

    assert (first.deduplicated, second.deduplicated) == (False, True)
    assert second.job_id == first.job_id
    assert served.get(first.job_id).args == b"one"


def test_a_key_belongs_to_a_name(served: Served) -> None:
    assert served.enqueue(name="a", key="k") != served.enqueue(name="b", key="k")


def test_enqueues_without_a_key_are_all_different(served: Served) -> None:
    assert len({served.enqueue() for _ in range(5)}) == 5


def test_enqueues_that_race_under_one_key_all_get_one_job(served: Served) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: served.enqueued(key=f"k{n % 10}"), range(200)))

    assert sum(not answer.deduplicated for answer in answers) == 10
    assert len({answer.job_id for answer in answers}) == 10
    assert served.list().total == 10


def test_a_failed_job_runs_again_after_its_backoff(served: Served) -> None:
    worker = served.worker()
    served.enqueue(initial_delay_ms=300, backoff="fixed", jitter=0.01)
    first = worker.take()

    answer = worker.fail(first)

    assert (answer.new_status, answer.next_attempt) == (PENDING, 2)
    waiting = served.get(first.id)
    assert (waiting.status, waiting.error, waiting.scheduled_at) == (PENDING, "it failed", answer.next_run_at)
    second = worker.take()
    assert second.attempt == 2
    assert 0 <= second.started_at - answer.next_run_at < 250
    assert second.started_at - first.started_at >= 290


def test_a_job_that_fails_at_its_last_attempt_is_dead(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue(max_attempts=2, initial_delay_ms=1)

    assert worker.fail(worker.take()).new_status == PENDING
    assert worker.fail(worker.take()).new_status == DEAD

    assert served.get(job_id).status == DEAD
    assert worker.is_idle()


def test_a_job_whose_worker_says_not_to_retry_is_dead_at_once(served: Served) -> None:
    worker = served.worker()
    served.enqueue(max_attempts=5)
    assert worker.fail(worker.take(), should_retry=False).new_status == DEAD


def test_an_ack_of_another_worker_is_refused(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()

    assert refusal(lambda: served.ack(job, worker="worker-2")) == grpc.StatusCode.FAILED_PRECONDITION
    assert served.get(job.id).status == RUNNING


def test_an_ack_of_an_earlier_attempt_is_refused(served: Served) -> None:
    worker = served.worker()
    served.enqueue(initial_delay_ms=1)
    first = worker.take()
    worker.fail(first)
    second = worker.take()

    assert refusal(lambda: worker.ack(first)) == grpc.StatusCode.FAILED_PRECONDITION
    assert served.get(second.id).status == RUNNING
    assert worker.ack(second).new_status == SUCCESS


def test_a_success_that_is_repeated_is_answered_again(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()

    assert worker.ack(job) == worker.ack(job)


def test_a_failure_that_is_repeated_is_answered_again_even_when_the_job_has_moved_on(served: Served) -> None:
    worker = served.worker()
    served.enqueue(initial_delay_ms=1)
    first = worker.take()
    answer = worker.fail(first)
    second = worker.take()

    assert worker.fail(first) == answer
    assert worker.ack(second).new_status == SUCCESS
    assert worker.fail(first) == answer
    assert served.get(first.id).status == SUCCESS


def test_a_success_is_not_taken_back_by_a_later_failure(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()
    worker.ack(job)

    assert refusal(lambda: worker.fail(job)) == grpc.StatusCode.FAILED_PRECONDITION
    assert served.get(job.id).status == SUCCESS


def test_an_ack_that_names_no_attempt_ends_the_one_that_runs(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()

    assert served.ack(job).new_status == SUCCESS
    assert refusal(lambda: served.ack(job)) == grpc.StatusCode.FAILED_PRECONDITION


def test_an_id_that_no_job_has_is_not_found(served: Served) -> None:
    token = served.enqueue().partition("-")[0]
    for job_id in ("", "nonsense", "00000000-1", "-1", "1", f"{token}-2", f"{token}--1", f"{token}-{10**30}"):
        for call in (served.get, served.cancel, served.retry, lambda text: served.ack(pb.Job(id=text))):
            assert refusal(partial(call, job_id)) == grpc.StatusCode.NOT_FOUND


def test_a_cancelled_job_is_not_handed_out(served: Served) -> None:
    job_id = served.enqueue()

    assert served.cancel(job_id).success
    assert served.get(job_id).status == CANCELLED
    assert served.worker().is_idle()


def test_a_job_cancelled_while_it_runs_takes_no_ack(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()

    assert served.cancel(job.id).success
    assert refusal(lambda: worker.ack(job)) == grpc.StatusCode.FAILED_PRECONDITION
    assert served.get(job.id).status == CANCELLED


def test_a_finished_job_can_not_be_cancelled(served: Served) -> None:
    worker = served.worker()
    served.enqueue()
    job = worker.take()
    worker.ack(job)

    answer = served.cancel(job.id)
    assert not answer.success
    assert "SUCCESS" in answer.message


def test_a_dead_job_retried_by_hand_has_all_its_attempts_again(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue(max_attempts=2, initial_delay_ms=1)
    worker.fail(worker.take())
    worker.fail(worker.take())

    assert served.retry(job_id).success

    third = worker.take()
    assert third.attempt == 3, (
        "attempts go on being numbered, so that a late ack of an old one is told from a new one"
    )
    assert worker.fail(third).new_status == PENDING
    assert worker.fail(worker.take()).new_status == DEAD


def test_only_a_dead_job_can_be_retried(served: Served) -> None:
    job_id = served.enqueue()
    assert not served.retry(job_id).success
    assert served.get(job_id).status == PENDING
