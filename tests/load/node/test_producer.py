"""A producer on the Node.js SDK sends the same requests as the others, and writes the same ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray

from chaos.experiment.model import Runtime
from chaos.ledger.reader import Ledger
from chaos.ledger.records import Kind
from chaos.load.job_stream import NAME_OF_NO_JOB
from chaos.load.plan import ProducerPlan
from chaos.wire import reseolio_pb2 as pb
from tests.load.conftest import Launch, Load, Queue, producer_plan, records, wait_for
from tests.load.scripted_queue import Say, ScriptedQueue

WRITER = "producer-1.1"

Produce = Callable[[ProducerPlan], Load]


@pytest.fixture
def produce(launch: Launch, node: str) -> Produce:  # noqa: ARG001 - it is skipped without
    """Starts a producer."""
    return partial(launch, "producer", runtime=Runtime.NODE)


@dataclass(frozen=True)
class Seen:
    """What is seen of a producer from outside: its requests, its records by serial, its file of ids, its summary."""

    requests: list[bytes]
    records: NDArray[np.void]
    ids: list[str]
    summary: dict[str, Any]


def seen(start: Produce, ledger: Path) -> Seen:
    """A producer that enqueues a share of the jobs, some of them twice."""
    ledger.mkdir()
    numbers = count()
    with ScriptedQueue() as queue:
        queue.enqueue = lambda _: pb.EnqueueResponse(job_id=f"an\\id\n{next(numbers)}", deduplicated=True)
        plan = producer_plan(
            ledger,
            queue.address,
            seed=2**63 - 1,
            jobs=150,
            first=1,
            step=2,
            rate_per_s=700.0,
            enqueued_twice=0.2,
            timeout_s=0.0125,
            give_up_after_s=1e6,
        )
        load = start(plan)
        assert load.line() == "ready"
        load.say("go 1000000000")
        summary = load.done()
    (file,) = Ledger.open(ledger).files
    written = records(ledger, WRITER)
    return Seen(
        sorted(request.SerializeToString() for request in queue.requests),
        written[np.lexsort((written["kind"], written["serial"]))],
        sorted(file.ids()),
        {key: summary[key] for key in ("arrived", "acknowledged", "refused", "left_open", "retries")},
    )


def test_it_sends_and_records_just_what_the_other_producer_does(
    produce: Produce, launch: Launch, tmp_path: Path
) -> None:
    other = seen(partial(launch, "producer"), tmp_path / "python")
    ours = seen(produce, tmp_path / "node")
    assert ours.requests == other.requests
    assert ours.summary == other.summary
    assert ours.ids == other.ids
    for field in ("kind", "detail", "attempt", "job", "serial"):
        assert ours.records[field].tolist() == other.records[field].tolist()
    intents = [each.records[each.records["kind"] == Kind.ENQUEUE_INTENDED] for each in (ours, other)]
    assert intents[0]["value"].tolist() == intents[1]["value"].tolist()


def test_what_is_left_open_is_tried_again_under_its_key_and_a_refusal_is_final(
    produce: Produce, ledger: Path
) -> None:
    answers = iter([grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, None])

    def answer(request: pb.EnqueueRequest) -> pb.EnqueueResponse:
        if request.idempotency_key.endswith(":1"):
            raise Say(grpc.StatusCode.INVALID_ARGUMENT)
        if (code := next(answers)) is not None:
            raise Say(code)
        return pb.EnqueueResponse(job_id="id")

    with ScriptedQueue() as queue:
        queue.enqueue = answer
        load = produce(producer_plan(ledger, queue.address, jobs=2, rate_per_s=None, in_flight=1))
        load.begin()
        summary = load.done()
        keys = [request.idempotency_key for request in queue.requests]
    assert keys == ["a-run:0"] * 3 + ["a-run:1"]
    assert (summary["acknowledged"], summary["refused"], summary["retries"]) == (1, 1, 2)
    written = records(ledger, WRITER)
    tries = [Kind.ENQUEUE_INTENDED, Kind.ENQUEUE_UNKNOWN]
    assert written["kind"].tolist() == [
        *tries * 2,
        Kind.ENQUEUE_INTENDED,
        Kind.ENQUEUE_ACKNOWLEDGED,
        Kind.ENQUEUE_INTENDED,
        Kind.ENQUEUE_REFUSED,
    ]
    assert written["attempt"].tolist() == [1, 1, 2, 2, 3, 3, 1, 1]
    assert written["detail"].tolist() == [0, 13, 0, 14, 0, 0, 0, 3]


def test_a_killed_core_costs_no_job(produce: Produce, queue: Queue, ledger: Path) -> None:
    load = produce(producer_plan(ledger, queue.address, jobs=400, rate_per_s=400.0, enqueued_twice=0.1))
    load.begin()
    wait_for("the first jobs", lambda: len(records(ledger, WRITER)) > 200)
    queue.kill()
    wait_for("the loss", lambda: len(records(ledger, WRITER, Kind.DISCONNECTED)) == 1)
    queue.start()
    summary = load.done()
    assert summary["left_open"] == summary["refused"] == 0
    assert summary["connections"] == 2
    answered = records(ledger, WRITER, Kind.ENQUEUE_ACKNOWLEDGED)
    assert set(answered["job"].tolist()) == set(range(400))


def test_one_that_comes_back_while_no_core_is_there_begins_once_there_is_one(
    produce: Produce, queue: Queue, ledger: Path
) -> None:
    queue.kill()
    load = produce(producer_plan(ledger, queue.address, jobs=5, incarnation=2))
    load.begin()
    writer = "producer-1.2"
    wait_for("intents", lambda: len(records(ledger, writer, Kind.ENQUEUE_INTENDED)) == 5)
    assert len(records(ledger, writer)) == 5
    queue.start()
    assert load.done()["acknowledged"] == 5


def test_it_takes_no_jobs(produce: Produce, ledger: Path) -> None:
    with ScriptedQueue() as queue:
        polls: list[pb.PollRequest] = []
        queue.poll = polls.append
        queue.enqueue = lambda _: pb.EnqueueResponse(job_id="id")
        load = produce(producer_plan(ledger, queue.address, jobs=1))
        load.begin()
        load.done()
    assert [list(poll.names) for poll in polls] == [[NAME_OF_NO_JOB]]


def test_told_to_stop_it_sends_nothing_more_and_leaves(produce: Produce, queue: Queue, ledger: Path) -> None:
    load = produce(producer_plan(ledger, queue.address, jobs=100_000, rate_per_s=None))
    load.begin()
    wait_for("the first jobs", lambda: len(records(ledger, WRITER)) > 50)
    began_s = time.monotonic()
    summary = load.stopped()
    assert time.monotonic() - began_s < 3.0
    assert summary["left_open"] == 0
    assert summary["arrived"] < 100_000
