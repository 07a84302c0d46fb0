"""What a producer does about its jobs once they are enqueued: it cancels some, and hears of the end of some."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from chaos.chance import draw, happens
from chaos.ledger.records import Request
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import QueueClient
from chaos.load.plan import ProducerPlan
from chaos.load.requests import Requests
from chaos.load.subscriber import Subscriber

SOONEST_CANCEL_S: Final = 0.001
LATEST_CANCEL_S: Final = 2.0

SUBSCRIBES_ANEW: Final = 0.5
"""Share of the jobs that a subscriber asks for once more, on another stream, after it has heard of their end."""


class FollowUp:
    """Follows the jobs of one producer. Enter it while the producer works; leaving it ends the listening.

    Args:
        plan: Which shares of the jobs are cancelled and subscribed to.
        ledger: Takes what is intended and what comes of it.
        client: The producer's client.
        serials: Numbers the calls of this process.
    """

    def __init__(
        self, plan: ProducerPlan, ledger: LedgerWriter, client: QueueClient, serials: Iterator[int]
    ) -> None:
        self._plan = plan
        self._requests = Requests(client, ledger, serials)
        self._tasks = asyncio.TaskGroup()
        self._cancellations: set[asyncio.Task[None]] = set()
        self._listening: list[asyncio.Task[None]] = []
        streams = itertools.count(1)
        self._again = Subscriber(client, ledger, serials, streams)
        self._first = Subscriber(client, ledger, serials, streams, heard=self._subscribe_anew)

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        if self.listens:
            subscribers = (self._first, self._again)
            self._listening = [self._tasks.create_task(subscriber.listen()) for subscriber in subscribers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (*self._listening, *self._cancellations):
            task.cancel()
        await self._tasks.__aexit__(kind, error, trace)

    @property
    def listens(self) -> bool:
        """Whether it hears of the end of any jobs."""
        return self._plan.subscribe_share > 0

    def enqueued(self, job: int, job_id: str) -> None:
        """Take up a job whose enqueue was acknowledged."""
        plan = self._plan
        if happens(plan.subscribe_share, plan.seed, "subscribe", job):
            self._first.follow(job, job_id)
        if happens(plan.cancel_share, plan.seed, "cancel", job):
            task = self._tasks.create_task(self._cancel(job, job_id))
            self._cancellations.add(task)
            task.add_done_callback(self._cancellations.discard)

    async def cancelled(self) -> None:
        """Wait until every cancellation was sent and its answer came, or can't come any more."""
        if self._cancellations:
            await asyncio.wait(self._cancellations)

    async def conclude(self) -> None:
        """Listen a little longer, then put down which ends were never heard of."""
        await asyncio.gather(self._first.conclude(), self._again.conclude())

    async def _cancel(self, job: int, job_id: str) -> None:
        """Cancel a job a while after its enqueue: waiting, executing or done, near and far moments alike."""
        chance = draw(self._plan.seed, "cancel-after", job)
        await asyncio.sleep(SOONEST_CANCEL_S * (LATEST_CANCEL_S / SOONEST_CANCEL_S) ** chance)
        await self._requests.send(Request.CANCEL, job, job_id)

    def _subscribe_anew(self, job: int, job_id: str) -> None:
        if happens(SUBSCRIBES_ANEW, self._plan.seed, "subscribe-anew", job):
            self._again.follow(job, job_id)
