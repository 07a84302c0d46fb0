"""The head of a workflow enqueues its steps one after the other, and goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.ledger.records import Kind
from tests.load.conftest import JOB_NAME, Launch, Queue, producer_plan, records, wait_for, worker_plan

pytestmark = pytest.mark.alone

STEP_NAME = "a-step"
HEADS, STEPS = 4, 2
JOBS = HEADS * (1 + STEPS)


def heads_worker(launch: Launch, queue: Queue, ledger: Path, **changes: object) -> None:
    plan = worker_plan(ledger, queue.address, steps=STEPS, step_name=STEP_NAME, **changes)
    assert launch("worker", plan).line() == "ready"


def steps_worker(launch: Launch, queue: Queue, ledger: Path, **changes: object) -> None:
    plan = worker_plan(ledger, queue.address, component="worker-2", job_name=STEP_NAME, **changes)
    assert launch("worker", plan).line() == "ready"


def enqueue_heads(launch: Launch, queue: Queue, ledger: Path) -> None:
    plan = producer_plan(
        ledger, queue.address, jobs=JOBS, step=1 + STEPS, jobs_a_head=1 + STEPS, job_name=JOB_NAME
    )
    producer = launch("producer", plan)
    producer.begin()
    assert producer.done()["acknowledged"] == HEADS


def acknowledged(ledger: Path, writer: str) -> list[int]:
    return [int(job) for job in records(ledger, writer, Kind.ACK_ACKNOWLEDGED)["job"]]


def test_every_step_is_enqueued_once_the_one_before_is_done(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    heads_worker(launch, queue, ledger)
    steps_worker(launch, queue, ledger)
    enqueue_heads(launch, queue, ledger)
    wait_for("every head", lambda: len(acknowledged(ledger, "worker-1.1")) == HEADS)
    assert sorted(acknowledged(ledger, "worker-1.1")) == list(range(0, JOBS, 1 + STEPS))
    sent = {int(r["job"]): int(r["time_ns"]) for r in records(ledger, "worker-1.1", Kind.ENQUEUE_INTENDED)}
    ended = {int(r["job"]): int(r["time_ns"]) for r in records(ledger, "worker-2.1", Kind.EXECUTION_FINISHED)}
    assert sorted(sent) == sorted(ended) == [job for job in range(JOBS) if job % (1 + STEPS)]
    assert all(ended[head + 1] < sent[head + 2] for head in range(0, JOBS, 1 + STEPS))


def test_a_head_that_runs_again_meets_the_steps_that_are_there(
    launch: Launch, queue: Queue, ledger: Path
) -> None:
    heads_worker(launch, queue, ledger, timeout_s=0.5)
    enqueue_heads(launch, queue, ledger)
    wait_for("heads that gave up", lambda: len(acknowledged(ledger, "worker-1.1")) >= 1)
    steps_worker(launch, queue, ledger)
    wait_for("every step", lambda: len(set(acknowledged(ledger, "worker-2.1"))) == HEADS * STEPS)
    executed = [int(job) for job in records(ledger, "worker-2.1", Kind.EXECUTION_STARTED)["job"]]
    assert len(executed) == len(set(executed))
