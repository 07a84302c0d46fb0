"""A subscriber: hears how jobs end, over one stream after the other, and asks anew for what it has not heard."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import grpc
import grpc.aio

from chaos.ledger.records import State
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import CallFailedError, QueueClient, UnansweredError, answer
from chaos.wire import reseolio_pb2 as pb

LISTENS_ON_S: Final = 1.0
"""How long a subscriber goes on listening, for what it has not heard of, once the run is over."""

_AT_ONCE: Final = 500
_PAUSE_S: Final = 0.05
_STATES: Final = frozenset(map(int, State))

Stream = grpc.aio.StreamStreamCall[pb.SubscribeRequest, pb.JobCompletion]


class Subscriber:
    """Follows jobs to their end. What it asks for is in the ledger before it leaves.

    Args:
        client: Whose connection is used.
        ledger: Takes what is asked for and what is heard.
        serials: Numbers the calls of this process.
        streams: Numbers the streams of this process, from 1.
        heard: Called with each job that was heard of for the first time, and its id.
    """

    def __init__(
        self,
        client: QueueClient,
        ledger: LedgerWriter,
        serials: Iterator[int],
        streams: Iterator[int],
        *,
        heard: Callable[[int, str], None] = lambda _job, _job_id: None,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._serials = serials
        self._streams = streams
        self._heard = heard
        self._jobs: dict[str, int] = {}
        self._awaited: dict[str, int] = {}
        self._to_ask: deque[str] = deque()
        self._stream_number: int | None = None
        self._news = asyncio.Event()
        self._all_heard = asyncio.Event()
        self._all_heard.set()

    def follow(self, job: int, job_id: str) -> None:
        """Hear of this job from now on."""
        if job_id not in self._jobs:
            self._jobs[job_id] = self._awaited[job_id] = job
            self._to_ask.append(job_id)
            self._all_heard.clear()
            self._news.set()

    async def listen(self) -> None:
        """Listen for good, until cancelled.

        Raises:
            LedgerWriteFailed: The ledger can't be written.
        """
        while True:
            link = await self._client.connected(None)
            stream = link.subscribe_to_jobs(None)
            self._to_ask = deque(self._awaited)
            self._stream_number = next(self._streams)
            try:
                async with asyncio.TaskGroup() as talk:
                    talk.create_task(self._ask(stream, self._stream_number))
                    talk.create_task(self._hear(stream, self._stream_number))
            except* CallFailedError:
                pass  # the queue is gone, or the stream was cut
            finally:
                self._stream_number = None
                stream.cancel()
            await asyncio.sleep(_PAUSE_S)

    async def conclude(self) -> None:
        """Listen a little longer for what was not heard of, then put down what the stream that stands never told."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LISTENS_ON_S):
                await self._all_heard.wait()
        if self._stream_number is not None:
            for job_id in self._awaited.keys() - set(self._to_ask):
                self._ledger.completion_awaited(
                    self._awaited[job_id], self._stream_number, next(self._serials)
                )

    async def _ask(self, stream: Stream, number: int) -> None:
        while True:
            self._news.clear()
            while self._to_ask:
                due = [self._to_ask.popleft() for _ in range(min(len(self._to_ask), _AT_ONCE))]
                for job_id in due:
                    self._ledger.subscribe_intended(self._jobs[job_id], number, job_id, next(self._serials))
                await answer(stream.write(pb.SubscribeRequest(job_ids=due)))
            await self._news.wait()

    async def _hear(self, stream: Stream, number: int) -> None:
        while isinstance(completion := await answer(stream.read()), pb.JobCompletion):
            job = self._jobs.get(completion.job_id)
            if job is None:
                continue
            state = int(completion.status) if int(completion.status) in _STATES else int(State.UNREAD)
            self._ledger.completion_heard(job, state, number, completion.result, next(self._serials))
            if self._awaited.pop(completion.job_id, None) is not None:
                self._heard(job, completion.job_id)
            if not self._awaited:
                self._all_heard.set()
        # The queue has ended the stream in good order; whoever still waits has to ask on a new one.
        raise UnansweredError(grpc.StatusCode.UNAVAILABLE, "the stream ended")
