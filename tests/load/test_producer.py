"""A producer keeps its schedule whatever the core does, and knows of each enqueue what came of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import grpc
import numpy as np
import pytest

from chaos.ledger.reader import Ledger
from chaos.ledger.records import Kind
from chaos.load.client import QueueClient
from chaos.load.payload import read_payload
from chaos.wire import reseolio_pb2 as pb
from tests.load.conftest import JOB_NAME, RUN, Launch, Queue, producer_plan, records, wait_for
from tests.load.scripted_queue import Say, ScriptedQueue

pytestmark = pytest.mark.alone

WRITER = "producer-1.1"
ANSWERS = (Kind.ENQUEUE_ACKNOWLEDGED, Kind.ENQUEUE_REFUSED, Kind.ENQUEUE_UNKNOWN)


def jobs_in(queue: Queue) -> Counter[int]:
    """How many jobs the queue has of each number."""

    async def ask() -> Counter[int]:
        numbers: Counter[int] = Counter()
        async with QueueClient(queue.address) as client:
            async for page in client.pages(names=[JOB_NAME]):
                for job in page:
                    content = read_payload(job.args)
                    assert isinstance(content, tuple)
                    assert content[0] == RUN
                    numbers[content[1]] += 1
        return numbers

    return asyncio.run(ask())


def test_every_job_of_its_share_is_enqueued_once(launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch("producer", producer_plan(ledger, queue.address, jobs=100, first=1, step=2))
    load.begin()
    summary = load.done()
    assert summary["arrived"] == summary["acknowledged"] == 50
    assert jobs_in(queue) == Counter(range(1, 100, 2))
    answered = records(ledger, WRITER, Kind.ENQUEUE_ACKNOWLEDGED)
    assert sorted(answered["job"].tolist()) == list(range(1, 100, 2))


def test_it_begins_when_it_is_told(launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch("producer", producer_plan(ledger, queue.address, jobs=3, rate_per_s=1000.0))
    assert load.line() == "ready"
    start_ns = time.monotonic_ns() + 300_000_000
    load.say(f"go {start_ns}")
    load.done()
    intents = records(ledger, WRITER, Kind.ENQUEUE_INTENDED)
    assert intents["value"].tolist() == [start_ns, start_ns + 1_000_000, start_ns + 2_000_000]
    assert (intents["time_ns"] >= intents["value"]).all()


def test_a_stalled_core_does_not_slow_the_arrivals(launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch("producer", producer_plan(ledger, queue.address, jobs=600, rate_per_s=400.0))
    load.begin()
    wait_for("the first jobs", lambda: len(records(ledger, WRITER)) > 100)
    queue.pause()
    time.sleep(1.0)
    queue.resume()
    summary = load.done()
    assert summary["acknowledged"] == 600
    assert summary["outstanding_peak"] > 300
    intents = records(ledger, WRITER, Kind.ENQUEUE_INTENDED)
    late_ns = (intents["time_ns"] - intents["value"])[intents["attempt"] == 1]
    assert np.quantile(late_ns, 0.9) < 20_000_000  # in a closed loop, a whole second


def test_a_killed_core_costs_no_job(launch: Launch, queue: Queue, ledger: Path) -> None:
    plan = producer_plan(ledger, queue.address, jobs=400, rate_per_s=400.0, enqueued_twice=0.1)
    load = launch("producer", plan)
    load.begin()
    wait_for("the first jobs", lambda: len(records(ledger, WRITER)) > 200)
    queue.kill()
    time.sleep(0.3)
    queue.start()
    summary = load.done()
    assert summary["left_open"] == summary["refused"] == 0
    assert summary["connections"] == 2
    assert jobs_in(queue) == Counter(range(400))


def test_every_try_has_an_intent_before_it_and_one_answer(launch: Launch, queue: Queue, ledger: Path) -> None:
    plan = producer_plan(ledger, queue.address, jobs=300, rate_per_s=600.0, enqueued_twice=0.1)
    load = launch("producer", plan)
    load.begin()
    wait_for("the first jobs", lambda: len(records(ledger, WRITER)) > 100)
    queue.kill()
    queue.start()
    load.done()
    written = records(ledger, WRITER)
    intents = written[written["kind"] == Kind.ENQUEUE_INTENDED]
    answers = written[np.isin(written["kind"], ANSWERS)]
    assert intents["serial"].tolist() == list(range(len(intents)))
    assert sorted(answers["serial"].tolist()) == intents["serial"].tolist()
    of_answer = intents[answers["serial"]]
    assert (of_answer["job"] == answers["job"]).all()
    assert (of_answer["attempt"] == answers["attempt"]).all()
    assert (of_answer["time_ns"] <= answers["time_ns"]).all()


def test_a_killed_producer_leaves_the_intent_of_every_job_that_is_there(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    plan = producer_plan(ledger, queue.address, jobs=100_000, rate_per_s=None, in_flight=64)
    load = launch("producer", plan)
    load.begin()
    wait_for("some jobs", lambda: len(records(ledger, WRITER)) > 500)
    load.process.kill()
    load.process.wait()
    intended = set(records(ledger, WRITER, Kind.ENQUEUE_INTENDED)["job"].tolist())
    there = jobs_in(queue)
    assert set(there) <= intended
    assert set(records(ledger, WRITER, Kind.ENQUEUE_ACKNOWLEDGED)["job"].tolist()) <= set(there)


def test_a_key_that_is_enqueued_twice_gives_one_job(launch: Launch, queue: Queue, ledger: Path) -> None:
    plan = producer_plan(ledger, queue.address, jobs=200, rate_per_s=1000.0, enqueued_twice=0.5)
    load = launch("producer", plan)
    load.begin()
    load.done()
    assert jobs_in(queue) == Counter(range(200))
    intents = records(ledger, WRITER, Kind.ENQUEUE_INTENDED)
    copies = set(intents["job"][intents["detail"] == 1].tolist())
    assert 60 < len(copies) < 140
    answers = records(ledger, WRITER, Kind.ENQUEUE_ACKNOWLEDGED)
    assert Counter(answers["job"].tolist()) == Counter({job: 1 + (job in copies) for job in range(200)})
    assert len(set(answers["value"].tolist())) == 200
    file = next(file for file in Ledger.open(ledger).files if file.writer == WRITER)
    assert len(list(file.ids())) == len(answers)


def test_an_unknown_outcome_is_tried_again_under_the_same_key(launch: Launch, ledger: Path) -> None:
    answers = iter(
        [grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED]
    )

    def enqueue(_: pb.EnqueueRequest) -> pb.EnqueueResponse:
        code = next(answers, None)
        if code is not None:
            raise Say(code)
        return pb.EnqueueResponse(job_id="job-0")

    with ScriptedQueue() as queue:
        queue.enqueue = enqueue
        load = launch("producer", producer_plan(ledger, queue.address, jobs=1))
        load.begin()
        summary = load.done()
    assert (summary["acknowledged"], summary["retries"]) == (1, 3)
    assert {request.idempotency_key for request in queue.requests} == {f"{RUN}:0"}
    assert len({request.SerializeToString() for request in queue.requests}) == 1
    written = records(ledger, WRITER)
    assert written["attempt"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert written["detail"].tolist() == [0, 13, 0, 14, 0, 8, 0, 0]


def test_a_refused_enqueue_is_not_tried_again(launch: Launch, ledger: Path) -> None:
    def refuse(_: pb.EnqueueRequest) -> pb.EnqueueResponse:
        raise Say(grpc.StatusCode.INVALID_ARGUMENT)

    with ScriptedQueue() as queue:
        queue.enqueue = refuse
        load = launch("producer", producer_plan(ledger, queue.address, jobs=5))
        load.begin()
        assert load.done()["refused"] == 5
    refusals = records(ledger, WRITER, Kind.ENQUEUE_REFUSED)
    assert sorted(refusals["job"].tolist()) == list(range(5))
    assert set(refusals["detail"].tolist()) == {grpc.StatusCode.INVALID_ARGUMENT.value[0]}
    assert len(queue.requests) == 5


def test_an_enqueue_that_nobody_answers_is_left_open_in_the_end(launch: Launch, ledger: Path) -> None:
    plan = producer_plan(ledger, "127.0.0.1:1", jobs=3, rate_per_s=100.0, give_up_after_s=0.4)
    load = launch("producer", plan)
    load.begin()
    assert load.done()["left_open"] == 3
    unknown = records(ledger, WRITER, Kind.ENQUEUE_UNKNOWN)
    assert unknown["job"].tolist() == [0, 1, 2]
    assert set(unknown["detail"].tolist()) == {grpc.StatusCode.UNAVAILABLE.value[0]}


def test_a_jobs_options_are_those_of_the_plan(launch: Launch, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        queue.enqueue = lambda _: pb.EnqueueResponse(job_id="an-id")
        load = launch("producer", producer_plan(ledger, queue.address, jobs=1, payload_bytes=300))
        load.begin()
        load.done()
    (request,) = queue.requests
    assert request.name == JOB_NAME
    assert len(request.args) == 300
    assert request.options == pb.JobOptions(
        max_attempts=5, backoff="fixed", initial_delay_ms=50, max_delay_ms=50, timeout_ms=5000
    )


def test_at_rate_max_no_more_calls_are_under_way_than_asked_for(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    plan = producer_plan(ledger, queue.address, jobs=500, rate_per_s=None, in_flight=4, enqueued_twice=0.1)
    load = launch("producer", plan)
    load.begin()
    assert load.done()["outstanding_peak"] == 4
    written = records(ledger, WRITER)
    under_way = np.cumsum(np.where(written["kind"] == Kind.ENQUEUE_INTENDED, 1, -1))
    assert under_way.max() == 4
    assert jobs_in(queue) == Counter(range(500))


def test_told_to_stop_it_sends_no_more_and_waits_for_its_answers(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    load = launch("producer", producer_plan(ledger, queue.address, jobs=100_000, rate_per_s=500.0))
    load.begin()
    wait_for("some jobs", lambda: len(records(ledger, WRITER)) > 50)
    summary = load.stopped()
    assert summary["arrived"] < 100_000
    assert summary["left_open"] == 0
    assert sum(jobs_in(queue).values()) == summary["arrived"]


def test_told_to_stop_before_it_began_it_leaves(launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch("producer", producer_plan(ledger, queue.address))
    assert load.line() == "ready"
    assert load.stopped()["arrived"] == 0
