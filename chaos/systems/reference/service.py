"""The methods of the contract: each an operation for the writer, or a read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from chaos.clock import now_ns
from chaos.systems.reference import messages
from chaos.systems.reference.dispatch import Session
from chaos.systems.reference.jobs import OPEN_STATES, JobState, Reason, Refused, SeenJob, job_id, job_number
from chaos.systems.reference.log import log
from chaos.systems.reference.queue import Queue
from chaos.systems.reference.reader import Reader
from chaos.systems.reference.schedule_service import Behaviour, Context, ScheduleService
from chaos.systems.reference.subscriptions import Subscription, Subscriptions
from chaos.systems.reference.writer import Writer
from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb

Request = TypeVar("Request", bound=Message)

_CODES: Final = {
    Reason.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Reason.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Reason.EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.STALE: grpc.StatusCode.FAILED_PRECONDITION,
    Reason.REPLACED: grpc.StatusCode.ABORTED,
    Reason.FULL: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}


class Service:
    """The queue as its clients see it.

    Args:
        queue: The queue, changed through `writer` alone.
        writer: Carries out operations.
        reader: For single jobs: quick enough to be read between two other things.
        lister: For lists, which may take long and are read in a thread.
        subscriptions: Who waits for the end of which job.
    """

    def __init__(
        self, queue: Queue, writer: Writer, reader: Reader, lister: Reader, subscriptions: Subscriptions
    ) -> None:
        self._queue = queue
        self._writer = writer
        self._reader = reader
        self._lister = lister
        self._listing = asyncio.Lock()
        self._subscriptions = subscriptions
        self._token = queue.store.token
        self._schedules = ScheduleService(queue.timetable, writer, reader, self._token)
        self._streams: set[Callable[[], None]] = set()
        self._is_closing = False

    def handler(self) -> grpc.GenericRpcHandler[Any, Any]:
        """The methods, to be added to a server."""
        unary: Mapping[methods.Method, Behaviour] = {
            methods.ENQUEUE_JOB: self._enqueue,
            methods.ACK_JOB: self._ack,
            methods.GET_JOB: self._get,
            methods.CANCEL_JOB: self._cancel,
            methods.RETRY_JOB: self._retry,
            methods.LIST_JOBS: self._list,
            **self._schedules.unary(),
        }
        streams: Mapping[methods.Method, Behaviour] = {
            methods.POLL_JOBS: self._poll,
            methods.SUBSCRIBE_TO_JOBS: self._subscribe,
        }
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            method.name: grpc.unary_unary_rpc_method_handler(
                _refusing(behaviour), method.request.FromString, method.response.SerializeToString
            )
            for method, behaviour in unary.items()
        }
        handlers |= {
            method.name: grpc.stream_stream_rpc_method_handler(
                _refusing(behaviour), method.request.FromString, method.response.SerializeToString
            )
            for method, behaviour in streams.items()
        }
        return grpc.method_handlers_generic_handler(methods.SERVICE, handlers)

    def close(self) -> None:
        """End every stream: the server is about to stop."""
        self._is_closing = True
        for wake in self._streams:
            wake()

    # -- unary --------------------------------------------------------------------------------------------------

    async def _enqueue(self, request: pb.EnqueueRequest, _: Context) -> pb.EnqueueResponse:
        job = messages.new_job(request)
        seq, deduplicated = await self._writer.submit(partial(self._queue.enqueue, job))
        return pb.EnqueueResponse(job_id=job_id(seq, self._token), deduplicated=deduplicated)

    async def _ack(self, request: pb.AckRequest, context: Context) -> pb.AckResponse:
        ack = messages.ack(request, self._token, context.invocation_metadata())
        return messages.acked(await self._writer.submit(partial(self._queue.ack, ack)))

    async def _get(self, request: pb.GetJobRequest, _: Context) -> pb.Job:
        job = self._reader.find(job_number(request.job_id, self._token))
        if job is None:
            raise Refused(Reason.NOT_FOUND, f"no job has the id {request.job_id!r}")
        return messages.seen(job, self._token)

    async def _cancel(self, request: pb.CancelRequest, _: Context) -> pb.CancelResponse:
        seq = job_number(request.job_id, self._token)
        before = await self._writer.submit(partial(self._queue.cancel, seq))
        done = before in OPEN_STATES
        return pb.CancelResponse(
            success=done, message="cancelled" if done else f"the job is {before.name} already"
        )

    async def _retry(self, request: pb.RetryRequest, _: Context) -> pb.RetryResponse:
        seq = job_number(request.job_id, self._token)
        before = await self._writer.submit(partial(self._queue.retry, seq))
        done = before == JobState.DEAD
        message = (
            "it runs again" if done else f"only a DEAD job can be retried, and this one is {before.name}"
        )
        return pb.RetryResponse(success=done, message=message)

    async def _list(self, request: pb.ListJobsRequest, _: Context) -> pb.ListJobsResponse:
        query = messages.query(request)
        async with self._listing:
            jobs, total = await asyncio.to_thread(self._lister.list, query)
        return pb.ListJobsResponse(jobs=[messages.seen(job, self._token) for job in jobs], total=total)

    # -- streams ------------------------------------------------------------------------------------------------

    async def _poll(self, requests: AsyncIterator[pb.PollRequest], context: Context) -> None:
        first = await anext(aiter(requests), None)
        if first is None:
            return
        wake = asyncio.Event()
        session = Session(first.worker_id, frozenset(first.names), messages.concurrency(first), wake.set)

        async def send() -> None:
            while session.outbox:
                hand_out = session.outbox.popleft()
                hand_out.sent_ms = now_ns() // 1_000_000
                await context.write(messages.handed_out(hand_out, self._token))
                hand_out.sent_ms = now_ns() // 1_000_000
            if session.ended and not self._is_closing:
                raise Refused(Reason.REPLACED, f"worker {session.worker} has opened a newer stream")

        try:
            await self._writer.submit(partial(self._queue.join, session))
            log.info("worker %s connected, concurrency %d", session.worker, session.concurrency)
            await self._converse(requests, partial(self._change, session), send, wake)
        finally:
            self._leave(session)

    def _change(self, session: Session, request: pb.PollRequest) -> None:
        if request.worker_id not in ("", session.worker):
            raise Refused(
                Reason.INVALID, f"this stream is worker {session.worker}'s, not {request.worker_id}'s"
            )
        session.names = frozenset(request.names)
        session.concurrency = messages.concurrency(request)
        self._writer.look()

    def _leave(self, session: Session) -> None:
        if session.ended:
            return
        unsent = self._queue.dispatcher.leave(session)
        log.info("worker %s disconnected", session.worker)
        if unsent and not self._is_closing:
            self._writer.submit(partial(self._queue.give_back, unsent)).add_done_callback(_log_refusal)

    async def _subscribe(self, requests: AsyncIterator[pb.SubscribeRequest], context: Context) -> None:
        wake = asyncio.Event()
        subscription = Subscription(wake.set)

        async def send() -> None:
            while subscription.outbox:
                seq = subscription.outbox.popleft()
                await context.write(messages.completion(job_id(seq, self._token), self._reader.find(seq)))
            while subscription.unknown:
                await context.write(messages.completion(subscription.unknown.popleft(), None))

        try:
            await self._converse(requests, partial(self._follow, subscription), send, wake)
        finally:
            self._subscriptions.close(subscription)

    def _follow(self, subscription: Subscription, request: pb.SubscribeRequest) -> None:
        for text in request.job_ids:
            seq, job = self._seen(text)
            if request.unsubscribe:
                self._subscriptions.remove(subscription, seq)
            elif job is None:
                subscription.unknown.append(text)
                subscription.wake()
            elif job.state in OPEN_STATES:
                self._subscriptions.add(subscription, seq)
            else:
                self._subscriptions.add_finished(subscription, seq)

    def _seen(self, text: str) -> tuple[int, SeenJob | None]:
        try:
            seq = job_number(text, self._token)
        except Refused:
            return 0, None
        return seq, self._reader.find(seq)

    async def _converse(
        self,
        requests: AsyncIterator[Request],
        receive: Callable[[Request], None],
        send: Callable[[], Awaitable[None]],
        wake: asyncio.Event,
    ) -> None:
        """Receive and send until either goes wrong, the client goes, or the server closes.

        A client that has nothing more to say may still listen, so the end of its requests ends nothing.
        """

        async def listen() -> None:
            async for request in requests:
                receive(request)

        listening = asyncio.create_task(listen())
        listening.add_done_callback(lambda _: wake.set())
        self._streams.add(wake.set)
        try:
            while not self._is_closing:
                await wake.wait()
                wake.clear()
                if listening.done():
                    listening.result()
                await send()
        finally:
            self._streams.discard(wake.set)
            listening.cancel()
        raise Refused(Reason.UNAVAILABLE, "the queue is shutting down")


def _refusing(behaviour: Behaviour) -> Behaviour:
    """A method that tells its client with a status why it refuses."""

    async def answer(request: Any, context: Context) -> Any:
        try:
            return await behaviour(request, context)
        except Refused as refusal:
            await _abort(context, refusal.reason, refusal.message)
        except sqlite3.Error as error:
            log.error("the database can't be read: %s", error)
            await _abort(context, Reason.UNAVAILABLE, f"the database can't be read: {error}")

    return answer


async def _abort(context: Context, reason: Reason, message: str) -> NoReturn:
    await context.abort(_CODES[reason], message)
    raise AssertionError("abort always raises")


def _log_refusal(answer: asyncio.Future[None]) -> None:
    """Jobs that can't be given back run again when their lease runs out."""
    error = None if answer.cancelled() else answer.exception()
    if error is not None:
        log.warning("jobs that were never sent stay leased: %s", error)
