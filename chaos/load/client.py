"""Talking to a queue: each call of the contract, with the two ways in which it can fail told apart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import grpc
import grpc.aio

from chaos.load.connection import OPTIONS, Connection, ConnectionRecord, DisconnectedError, Link
from chaos.wire import reseolio_pb2 as pb

CALL_TIMEOUT_S: Final = 10.0
"""How long an answer is waited for, unless a caller knows better."""

QUESTION_TIMEOUT_S: Final = 2.0
"""How long an answer about the whole queue is waited for: the next one can be asked instead."""

PAGE_JOBS: Final = 1000
"""The most jobs that one ListJobs answers with."""

NOT_FOUND: Final[int] = grpc.StatusCode.NOT_FOUND.value[0]
UNIMPLEMENTED: Final[int] = grpc.StatusCode.UNIMPLEMENTED.value[0]

T = TypeVar("T")

UNSETTLED: Final = (pb.JOB_STATUS_PENDING, pb.JOB_STATUS_RUNNING, pb.JOB_STATUS_FAILED)
"""The states of a job that may still be handed out. Reseolio and the reference system leave FAILED empty; another
queue may keep those there that wait for their next attempt."""

_CERTAIN_REFUSALS: Final = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNAUTHENTICATED,
    }
)


def is_certain_refusal(code: grpc.StatusCode) -> bool:
    """Whether a call that ended with this code took no effect for certain.

    The system looked at the request and said no. Every other code leaves it open whether the request took
    effect: the answer was lost (UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED), the system stumbled on its way
    (INTERNAL, UNKNOWN, ABORTED, DATA_LOSS), or the code also comes up after the effect: ALREADY_EXISTS
    tells that the job is there, and RESOURCE_EXHAUSTED can be about the answer.
    """
    return code in _CERTAIN_REFUSALS


class CallFailedError(Exception):
    """A call brought no answer that can be used.

    Attributes:
        code: The gRPC status code, as a number.
    """

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(f"{code.name}: {text}")
        self.code: int = code.value[0]


class RefusedError(CallFailedError):
    """The system said no: the request took no effect."""


class UnansweredError(CallFailedError):
    """Whether the request took effect is open."""


def failure(code: grpc.StatusCode, details: str | None) -> CallFailedError:
    """What the end of a call, by anything but OK, says about its request."""
    kind = RefusedError if is_certain_refusal(code) else UnansweredError
    return kind(code, details or "no details")


@dataclass(frozen=True)
class Backlog:
    """The jobs of a queue that are not terminal.

    Attributes:
        waiting: Jobs that no worker has.
        running: Jobs that a worker has.
        next_due_ms: When the first of the waiting jobs whose time has not come is due, Unix time in ms;
            None if there is none such.
        complete: False if there are more jobs than were counted.
    """

    waiting: int
    running: int
    next_due_ms: int | None
    complete: bool

    @property
    def depth(self) -> int:
        """All of them."""
        return self.waiting + self.running


class QueueClient:
    """A client of one core, which reconnects by itself. Made in a running event loop; to be closed.

    Every call raises:
        RefusedError: The system said no, for certain.
        UnansweredError: It is open whether the call took effect; there may have been no connection at all.
    """

    def __init__(self, address: str, record: ConnectionRecord | None = None) -> None:
        self.connection = Connection(address, record)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connection up. Calls under way end without an answer."""
        await self.connection.close()

    async def connected(self, timeout_s: float | None) -> Link:
        """Wait for a connection, unless there is one; `UnansweredError` if none comes in this time."""
        try:
            return await self.connection.connected(timeout_s)
        except DisconnectedError as error:
            raise UnansweredError(grpc.StatusCode.UNAVAILABLE, str(error)) from error

    async def enqueue_job(
        self, request: pb.EnqueueRequest, timeout_s: float = CALL_TIMEOUT_S
    ) -> pb.EnqueueResponse:
        """Ask the queue to take a job."""
        link = self.connection.link or await self.connected(timeout_s)
        return await answer(link.enqueue_job(request, timeout=timeout_s))

    async def ack_job(
        self, request: pb.AckRequest, metadata: tuple[tuple[str, str], ...], timeout_s: float = CALL_TIMEOUT_S
    ) -> pb.AckResponse:
        """Tell the queue how an execution ended. `metadata` names the worker and the attempt."""
        link = self.connection.link or await self.connected(timeout_s)
        return await answer(link.ack_job(request, timeout=timeout_s, metadata=metadata))

    async def get_job(self, job_id: str, timeout_s: float = CALL_TIMEOUT_S) -> pb.Job | None:
        """The job of this id, or None if the queue does not know it."""
        link = self.connection.link or await self.connected(timeout_s)
        try:
            return await answer(link.get_job(pb.GetJobRequest(job_id=job_id), timeout=timeout_s))
        except RefusedError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    async def cancel_job(self, job_id: str, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Ask the queue to cancel a job; refused if it says that it has not."""
        link = self.connection.link or await self.connected(timeout_s)
        _must_be_done(await answer(link.cancel_job(pb.CancelRequest(job_id=job_id), timeout=timeout_s)))

    async def retry_job(self, job_id: str, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Ask the queue to let a dead job run again; refused if it says that it does not."""
        link = self.connection.link or await self.connected(timeout_s)
        _must_be_done(await answer(link.retry_job(pb.RetryRequest(job_id=job_id), timeout=timeout_s)))

    async def list_jobs(
        self, request: pb.ListJobsRequest, timeout_s: float = CALL_TIMEOUT_S
    ) -> pb.ListJobsResponse:
        """One page of jobs."""
        link = self.connection.link or await self.connected(timeout_s)
        return await answer(link.list_jobs(request, timeout=timeout_s))

    async def pages(
        self,
        *,
        statuses: Sequence[pb.JobStatus] = (),
        names: Sequence[str] = (),
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> AsyncIterator[Sequence[pb.Job]]:
        """All jobs of these states and names (empty: of all), a page at a time.

        Each job comes once, if no job comes or goes or changes its state meanwhile.

        Args:
            statuses: States to list.
            names: Job names to list.
            timeout_s: How long each page may take.
        """
        offset = 0
        while True:
            request = pb.ListJobsRequest(
                statuses=statuses,
                names=names,
                limit=PAGE_JOBS,
                offset=offset,
                order_by="created_at",
                ascending=True,
            )
            page = (await self.list_jobs(request, timeout_s)).jobs
            if page:
                yield page
            if len(page) < PAGE_JOBS:
                return
            offset += len(page)

    async def list_schedules(
        self, offset: int, limit: int = PAGE_JOBS, timeout_s: float = CALL_TIMEOUT_S
    ) -> pb.ListSchedulesResponse:
        """One page of the schedules."""
        link = self.connection.link or await self.connected(timeout_s)
        request = pb.ListSchedulesRequest(limit=limit, offset=offset)
        return await answer(link.list_schedules(request, timeout=timeout_s))

    async def backlog(self, *, at_most: int = 10_000, timeout_s: float = CALL_TIMEOUT_S) -> Backlog:
        """The jobs that are not terminal, counted until `at_most` are passed.

        A queue's own total can't be used: not every system lets its filters apply to it.
        """
        now_ms = time.time_ns() // 1_000_000
        running = waiting = 0
        next_due_ms: int | None = None
        async for page in self.pages(statuses=UNSETTLED, timeout_s=timeout_s):
            for job in page:
                if job.status == pb.JOB_STATUS_RUNNING:
                    running += 1
                    continue
                waiting += 1
                if job.scheduled_at > now_ms and (next_due_ms is None or job.scheduled_at < next_due_ms):
                    next_due_ms = job.scheduled_at
            if running + waiting > at_most:
                return Backlog(waiting, running, next_due_ms, complete=False)
        return Backlog(waiting, running, next_due_ms, complete=True)

    async def depth(self) -> int | None:
        """How many jobs are not terminal, as far as they are counted; None if the queue does not answer."""
        backlog = await self._backlog_if_answered()
        return None if backlog is None else backlog.depth

    async def next_due_in_s(self) -> float | None:
        """Seconds until the next job that waits for its time is due; None if none does, or no answer came."""
        backlog = await self._backlog_if_answered()
        if backlog is None or backlog.next_due_ms is None:
            return None
        return (backlog.next_due_ms - time.time_ns() / 1e6) / 1e3

    async def _backlog_if_answered(self) -> Backlog | None:
        try:
            return await self.backlog(timeout_s=QUESTION_TIMEOUT_S)
        except CallFailedError:
            return None


def _must_be_done(response: pb.CancelResponse | pb.RetryResponse) -> None:
    if not response.success:
        raise RefusedError(grpc.StatusCode.FAILED_PRECONDITION, response.message or "it was not done")


async def is_ready(address: str, timeout_s: float = 1.0) -> bool:
    """Whether the core at this address answers a question about its jobs now, over a new connection."""
    options = (*OPTIONS, ("grpc.min_reconnect_backoff_ms", 100))
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        try:
            await Link(channel).list_jobs(pb.ListJobsRequest(limit=1), timeout=timeout_s)
        except grpc.aio.AioRpcError:
            return False
        return True


async def answer(call: Awaitable[T]) -> T:
    """The answer of a call, or what its failure means.

    Raises:
        RefusedError: The system said no, for certain.
        UnansweredError: It is open whether the call took effect.
    """
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise failure(error.code(), error.details()) from error
    except (
        asyncio.InvalidStateError,
        grpc.aio.UsageError,
    ) as error:  # for a stream or channel that has ended
        raise UnansweredError(grpc.StatusCode.UNAVAILABLE, str(error)) from error
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise UnansweredError(grpc.StatusCode.CANCELLED, "its connection was closed") from None
