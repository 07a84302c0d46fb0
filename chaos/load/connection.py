"""One connection to a core, made anew as soon as the core can be reached again.

gRPC waits at least 100 ms, give or take 20 %, between two attempts to connect, whatever its options say,
and up to two minutes if they say nothing: measured recovery times would be those of the client. So a lost
connection is replaced by a new channel here, and the pause between two attempts is our own.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

import grpc
import grpc.aio

from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb
from chaos.wire.methods import Method

PAUSE_BETWEEN_ATTEMPTS_S: Final = 0.05
"""Long enough to be cheap (a failed attempt costs 1 ms of CPU) and for a core to notice that a connection
is gone before the next one comes; short enough to be back within 100 ms."""

ATTEMPT_TIMEOUT_S: Final = 5.0
"""A core that is stopped takes connections and answers nothing, and a link may be slow: each attempt waits
so long."""

LAST_CALLS_S: Final = 15.0
"""How long calls may go on over a connection that the core has asked to leave."""

_A_DAY_MS: Final = 24 * 3600 * 1000

OPTIONS: Final = (
    ("grpc.use_local_subchannel_pool", 1),  # a new channel must not inherit the waits of an old one
    ("grpc.enable_http_proxy", 0),  # a proxy that the environment names is no part of the experiment
    ("grpc.enable_retries", 0),  # every try is in the ledger, so none may be made out of sight
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # No pings: a core that is paused keeps its connections, as it would with its own clients. But data that
    # the other machine does not take for 10 s (a dropped link) ends the connection, by TCP_USER_TIMEOUT.
    ("grpc.keepalive_time_ms", _A_DAY_MS),
    ("grpc.keepalive_timeout_ms", 10_000),
)

_UNDER_WAY: Final = (grpc.ChannelConnectivity.IDLE, grpc.ChannelConnectivity.CONNECTING)


class DisconnectedError(Exception):
    """No connection to the core came about within the time allowed; the message names the core."""


class ConnectionRecord(Protocol):
    """Is told when a link comes about and when it ends, in the order of these."""

    def connected(self) -> None: ...

    def disconnected(self) -> None: ...


class Link:
    """One connected channel, and the calls that go over it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.enqueue_job = _unary(channel, methods.ENQUEUE_JOB)
        self.ack_job = _unary(channel, methods.ACK_JOB)
        self.get_job = _unary(channel, methods.GET_JOB)
        self.list_jobs = _unary(channel, methods.LIST_JOBS)
        self.cancel_job = _unary(channel, methods.CANCEL_JOB)
        self.retry_job = _unary(channel, methods.RETRY_JOB)
        self.create_schedule = _unary(channel, methods.CREATE_SCHEDULE)
        self.list_schedules = _unary(channel, methods.LIST_SCHEDULES)
        self.update_schedule = _unary(channel, methods.UPDATE_SCHEDULE)
        self.pause_schedule = _unary(channel, methods.PAUSE_SCHEDULE)
        self.resume_schedule = _unary(channel, methods.RESUME_SCHEDULE)
        self.delete_schedule = _unary(channel, methods.DELETE_SCHEDULE)
        self.poll_jobs: grpc.aio.StreamStreamMultiCallable[pb.PollRequest, pb.Job] = _stream(
            channel, methods.POLL_JOBS
        )
        self.subscribe_to_jobs: grpc.aio.StreamStreamMultiCallable[pb.SubscribeRequest, pb.JobCompletion] = (
            _stream(channel, methods.SUBSCRIBE_TO_JOBS)
        )


def _unary(channel: grpc.aio.Channel, method: Method) -> grpc.aio.UnaryUnaryMultiCallable[Any, Any]:
    return channel.unary_unary(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.response.FromString,
    )


def _stream(channel: grpc.aio.Channel, method: Method) -> grpc.aio.StreamStreamMultiCallable[Any, Any]:
    return channel.stream_stream(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=method.response.FromString,
    )


class Connection:
    """Keeps one link to one core, from when it is made (in a running event loop) until it is closed.

    Attributes:
        address: `host:port` of the core, or of a proxy in front of it.
        times_connected: How often a link was made so far.

    `record`, if there is one, is told of each link that comes about and ends, also by closing it.
    """

    def __init__(self, address: str, record: ConnectionRecord | None = None) -> None:
        self.address = address
        self._record = record
        self.times_connected = 0
        self._link: Link | None = None
        self._next_link: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self._retiring: set[asyncio.Task[None]] = set()
        self._keeper = asyncio.create_task(self._keep(), name=f"connection to {address}")
        self._keeper.add_done_callback(self._keeper_ended)

    async def close(self) -> None:
        """Give the link up, and connect no more. Calls under way end without an answer.

        Raises:
            LedgerWriteFailed: The end of the link can't be recorded.
        """
        self._keeper.cancel()
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(self._keeper, *self._retiring, return_exceptions=True)
        if not self._keeper.cancelled():
            self._keeper.result()

    @property
    def link(self) -> Link | None:
        """The link there is now, if any."""
        return self._link

    async def connected(self, timeout_s: float | None) -> Link:
        """The link there is now, or the next one.

        Raises:
            DisconnectedError: There was none within this time.
        """
        if self._link is not None:
            return self._link
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(self._next_link)
        except TimeoutError:
            raise DisconnectedError(f"no connection to {self.address} within {timeout_s:.1f} s") from None

    async def _keep(self) -> None:
        while True:
            channel = grpc.aio.insecure_channel(self.address, options=OPTIONS)
            try:
                if await _connects(channel):
                    self._up(Link(channel))
                    try:
                        await channel.wait_for_state_change(grpc.ChannelConnectivity.READY)
                    finally:
                        self._down()
            except BaseException:
                await channel.close(None)
                raise
            self._retire(channel)
            await asyncio.sleep(PAUSE_BETWEEN_ATTEMPTS_S)

    def _up(self, link: Link) -> None:
        if self._record is not None:
            self._record.connected()
        self.times_connected += 1
        self._link = link
        self._next_link.set_result(link)

    def _down(self) -> None:
        self._link = None
        self._next_link = asyncio.get_running_loop().create_future()
        if self._record is not None:
            self._record.disconnected()

    def _retire(self, channel: grpc.aio.Channel) -> None:
        """Close a channel once its calls have ended: closing it under them would hide how they ended."""
        task = asyncio.create_task(channel.close(LAST_CALLS_S), name=f"leaving {self.address}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def _keeper_ended(self, keeper: asyncio.Task[None]) -> None:
        """Whoever waits for a link learns what went wrong, instead of waiting for nothing."""
        if not keeper.cancelled() and (error := keeper.exception()) is not None:
            self._link = None
            self._next_link = asyncio.get_running_loop().create_future()
            self._next_link.set_exception(error)
            self._next_link.exception()  # where nobody waits for a link, `close` tells it


async def _connects(channel: grpc.aio.Channel) -> bool:
    """Whether an attempt to connect succeeds."""
    try:
        async with asyncio.timeout(ATTEMPT_TIMEOUT_S):
            state = channel.get_state(try_to_connect=True)
            while state in _UNDER_WAY:
                await channel.wait_for_state_change(state)
                state = channel.get_state()
            return state is grpc.ChannelConnectivity.READY
    except TimeoutError:
        return False
