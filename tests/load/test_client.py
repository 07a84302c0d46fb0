"""A client that is back at once, and that knows what it doesn't know."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import statistics
import time
from collections.abc import Awaitable, Callable

import grpc
import pytest

from chaos.load.client import (
    Backlog,
    QueueClient,
    RefusedError,
    UnansweredError,
    is_certain_refusal,
    is_ready,
)
from chaos.wire import reseolio_pb2 as pb
from tests.load.conftest import JOB_NAME, PATIENCE_S, Queue
from tests.load.scripted_queue import Say, ScriptedQueue

pytestmark = pytest.mark.alone

CERTAIN = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.UNAUTHENTICATED,
}
FAILURES = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]


def with_client(address: str, work: Callable[[QueueClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(PATIENCE_S), QueueClient(address) as client:
            await work(client)

    asyncio.run(run())


@pytest.mark.parametrize("code", FAILURES)
def test_a_failure_is_a_refusal_or_leaves_it_open(code: grpc.StatusCode) -> None:
    assert is_certain_refusal(code) is (code in CERTAIN)


@pytest.mark.parametrize("code", [code for code in FAILURES if code is not grpc.StatusCode.CANCELLED])
def test_each_code_comes_over_the_wire_as_what_it_is(code: grpc.StatusCode) -> None:
    def fail(_: pb.EnqueueRequest) -> pb.EnqueueResponse:
        raise Say(code)

    async def work(client: QueueClient) -> None:
        with pytest.raises(RefusedError if code in CERTAIN else UnansweredError) as failure:
            await client.enqueue_job(pb.EnqueueRequest())
        assert failure.value.code == code.value[0]

    with ScriptedQueue() as queue:
        queue.enqueue = fail
        with_client(queue.address, work)


def test_is_back_within_100_ms_of_the_cores_return(queue: Queue) -> None:
    async def work(client: QueueClient) -> None:
        waits_s = []
        for away_s in (0.1, 0.21, 0.33, 0.47, 0.58):
            queue.kill()
            await asyncio.sleep(away_s)
            queue.start()
            await accepts(queue.address)
            returned = time.monotonic()
            await client.list_jobs(pb.ListJobsRequest(limit=1))
            waits_s.append(time.monotonic() - returned)
        assert statistics.median(waits_s) <= 0.1
        assert client.connection.times_connected == 6

    async def connected_first(client: QueueClient) -> None:
        await client.connected(5.0)
        await work(client)

    with_client(queue.address, connected_first)


async def accepts(address: str) -> None:
    host, _, port = address.rpartition(":")
    while True:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port))):
            return
        await asyncio.sleep(0.001)


def test_without_a_connection_a_call_is_unanswered_in_time() -> None:
    async def work(client: QueueClient) -> None:
        with pytest.raises(UnansweredError, match=r"no connection to 127.0.0.1:1 within 0.2 s"):
            await client.get_job("id", timeout_s=0.2)

    with_client("127.0.0.1:1", work)


def test_a_paused_core_leaves_calls_unanswered_and_keeps_its_connection(queue: Queue) -> None:
    async def work(client: QueueClient) -> None:
        await client.connected(5.0)
        queue.pause()
        with pytest.raises(UnansweredError) as failure:
            await client.get_job("id", timeout_s=0.2)
        assert failure.value.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
        queue.resume()
        assert await client.get_job("id") is None
        assert client.connection.times_connected == 1

    with_client(queue.address, work)


def test_calls_under_way_when_the_core_is_killed_are_unanswered(queue: Queue) -> None:
    async def work(client: QueueClient) -> None:
        await client.connected(5.0)
        queue.pause()
        calls = [asyncio.create_task(client.get_job("id")) for _ in range(100)]
        await asyncio.sleep(0.1)
        queue.kill()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {UnansweredError}

    with_client(queue.address, work)


def test_a_call_that_its_caller_cancels_is_cancelled(queue: Queue) -> None:
    async def work(client: QueueClient) -> None:
        await client.connected(5.0)
        queue.pause()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.get_job("id")

    with_client(queue.address, work)


def test_backlog_counts_what_is_not_terminal(queue: Queue) -> None:
    async def work(client: QueueClient) -> None:
        for number in range(1005):
            await client.enqueue_job(
                pb.EnqueueRequest(name=JOB_NAME, args=b"{}", idempotency_key=str(number))
            )
        assert await client.backlog() == Backlog(waiting=1005, running=0, next_due_ms=None, complete=True)
        assert await client.depth() == 1005
        assert await client.next_due_in_s() is None

    with_client(queue.address, work)


def test_backlog_stops_counting_when_there_are_too_many() -> None:
    def page(request: pb.ListJobsRequest) -> pb.ListJobsResponse:
        return pb.ListJobsResponse(jobs=[pb.Job(status=pb.JOB_STATUS_PENDING)] * request.limit)

    async def work(client: QueueClient) -> None:
        backlog = await client.backlog(at_most=2500)
        assert backlog == Backlog(waiting=3000, running=0, next_due_ms=None, complete=False)

    with ScriptedQueue() as queue:
        queue.list_jobs = page
        with_client(queue.address, work)


def test_the_next_due_job_is_the_first_that_waits_for_its_time() -> None:
    now_ms = time.time_ns() // 1_000_000

    def page(_: pb.ListJobsRequest) -> pb.ListJobsResponse:
        waiting = [
            pb.Job(status=pb.JOB_STATUS_PENDING, scheduled_at=now_ms + later)
            for later in (60_000, 30_000, -5000)
        ]
        return pb.ListJobsResponse(jobs=[*waiting, pb.Job(status=pb.JOB_STATUS_RUNNING, scheduled_at=now_ms)])

    async def work(client: QueueClient) -> None:
        assert (await client.backlog()).running == 1
        due_in_s = await client.next_due_in_s()
        assert due_in_s is not None
        assert 20 < due_in_s <= 30

    with ScriptedQueue() as queue:
        queue.list_jobs = page
        with_client(queue.address, work)


def test_of_a_queue_that_does_not_answer_nothing_is_told() -> None:
    async def work(client: QueueClient) -> None:
        assert await client.depth() is None
        assert await client.next_due_in_s() is None

    with ScriptedQueue() as queue:
        with_client(queue.address, work)


def test_ready_means_that_the_core_answers(queue: Queue) -> None:
    assert asyncio.run(is_ready(queue.address))
    queue.pause()
    assert not asyncio.run(is_ready(queue.address, timeout_s=0.2))
    queue.kill()
    assert not asyncio.run(is_ready(queue.address))
