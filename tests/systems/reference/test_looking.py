"""Listing jobs and hearing of their end, asked of a real queue process."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import grpc

from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import Served, pages, refusal

PENDING, RUNNING, SUCCESS = pb.JOB_STATUS_PENDING, pb.JOB_STATUS_RUNNING, pb.JOB_STATUS_SUCCESS
DEAD, CANCELLED = pb.JOB_STATUS_DEAD, pb.JOB_STATUS_CANCELLED


def fill(served: Served) -> dict[str, list[str]]:
    """Jobs of two names in several states, by state, each in the order in which they were enqueued."""
    worker = served.worker(concurrency=4)
    ids = [served.enqueue(name="ab"[n % 2], max_attempts=1) for n in range(4)]
    for job in sorted((worker.take() for _ in ids), key=lambda job: ids.index(job.id))[:3]:
        worker.ack(job, success=job.id != ids[2])
    worker.change(concurrency=0)
    served.subscriber(ids[0]).next()
    ids += [served.enqueue(name="ab"[n % 2]) for n in range(4)]
    served.cancel(ids[7])
    return {
        "success": ids[:2],
        "dead": [ids[2]],
        "running": [ids[3]],
        "pending": ids[4:7],
        "cancelled": [ids[7]],
    }


def listed(served: Served, **query: object) -> list[str]:
    return [job.id for job in served.list(**query).jobs]


def test_a_list_is_newest_first_unless_asked_otherwise(served: Served) -> None:
    ids = [served.enqueue() for _ in range(5)]
    assert listed(served) == ids[::-1]
    assert listed(served, ascending=True) == ids


def test_a_list_is_filtered_by_state_and_name_and_so_is_its_total(served: Served) -> None:
    by_state = fill(served)

    assert listed(served, statuses=[SUCCESS], ascending=True) == by_state["success"]
    assert listed(served, statuses=[DEAD, RUNNING], ascending=True) == by_state["dead"] + by_state["running"]
    assert listed(served, statuses=[PENDING], names=["a"], ascending=True) == by_state["pending"][::2]
    assert served.list(limit=1).total == 8
    assert served.list(limit=1, statuses=[PENDING]).total == 3
    assert served.list(limit=1, statuses=[PENDING, CANCELLED], names=["b"]).total == 2
    assert served.list(names=["c"]).total == 0


def test_pages_together_are_the_whole_list(served: Served) -> None:
    fill(served)
    filters: list[dict[str, Any]] = [
        {},
        {"names": ["a"]},
        {"order_by": "completed_at"},
        {"statuses": [PENDING]},
    ]
    for query, ascending in product(filters, (True, False)):
        whole = listed(served, ascending=ascending, **query)
        assert [job.id for job in pages(served, 2, ascending=ascending, **query)] == whole
        assert len(set(whole)) == len(whole) == served.list(**query).total


def test_a_list_can_be_ordered_by_when_jobs_ended(served: Served) -> None:
    fill(served)
    ended = [job.completed_at for job in served.list(order_by="completed_at", ascending=True).jobs]
    assert ended == sorted(ended)
    assert ended[-1] > 0


def test_a_list_that_makes_no_sense_is_refused(served: Served) -> None:
    nonsense: list[dict[str, Any]] = [{"order_by": "colour"}, {"limit": -1}, {"offset": -1}]
    for query in nonsense:
        assert refusal(partial(served.list, **query)) == grpc.StatusCode.INVALID_ARGUMENT


def test_a_subscriber_hears_of_a_job_when_it_ends(served: Served) -> None:
    worker = served.worker()
    job_id = served.enqueue()
    subscriber = served.subscriber(job_id)
    job = worker.take()
    assert subscriber.is_silent(0.1)

    worker.ack(job, return_value=b"done")

    heard = subscriber.next()
    assert (heard.job_id, heard.status, heard.result) == (job_id, SUCCESS, b"done")


def test_a_subscriber_hears_of_a_job_that_has_ended_before(served: Served) -> None:
    job_id = served.enqueue()
    served.cancel(job_id)
    assert served.subscriber(job_id).next().status == CANCELLED


def test_a_subscriber_hears_of_a_job_once_a_stream_and_again_on_a_new_one(served: Served) -> None:
    job_id = served.enqueue()
    subscriber = served.subscriber(job_id, job_id)
    served.cancel(job_id)
    assert subscriber.next().status == CANCELLED

    subscriber.send(pb.SubscribeRequest(job_ids=[job_id]))

    assert subscriber.is_silent()
    assert served.subscriber(job_id).next().status == CANCELLED


def test_a_subscriber_can_stop_listening(served: Served) -> None:
    kept, dropped = served.enqueue(), served.enqueue()
    subscriber = served.subscriber(kept, dropped)
    subscriber.send(pb.SubscribeRequest(job_ids=[dropped], unsubscribe=True))
    subscriber.send(pb.SubscribeRequest(job_ids=["sentinel"]))
    assert subscriber.next().job_id == "sentinel"

    served.cancel(dropped)
    served.cancel(kept)

    assert subscriber.next().job_id == kept


def test_a_subscriber_is_told_that_an_id_is_no_jobs(served: Served) -> None:
    heard = served.subscriber("nonsense").next()
    assert (heard.job_id, heard.status, heard.error) == ("nonsense", 0, "no job has this id")


def test_each_of_many_subscribers_hears(served: Served) -> None:
    job_id = served.enqueue()
    subscribers = [served.subscriber(job_id) for _ in range(5)]
    served.cancel(job_id)
    assert [subscriber.next().job_id for subscriber in subscribers] == [job_id] * 5
