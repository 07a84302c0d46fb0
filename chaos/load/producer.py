"""A producer: a process that enqueues its share of the jobs, when each is due, whatever the answers do.

Arrivals are open: job `n` is sent when it is due, even if every answer is late, so a slow system meets the
same load as a quick one, and its slowness is seen whole. Only `MOST_OUTSTANDING` enqueues under way at once
hold arrivals back, and that is said.

An enqueue without an answer is tried again, under the same key, until it is answered or `give_up_after_s`
has passed. Each try is in the ledger before it leaves: as intended, and then as acknowledged, refused or
unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grpc

from chaos.clock import now_ns, seconds_between
from chaos.ledger.writer import LedgerWriter
from chaos.load.arrivals import Arrival, arrivals, due_ns
from chaos.load.client import QueueClient, RefusedError, UnansweredError
from chaos.load.enqueue import Try, enqueue_request, recorded
from chaos.load.follow_up import FollowUp
from chaos.load.lateness import Lateness
from chaos.load.plan import ProducerPlan
from chaos.load.process import Control, run
from chaos.load.retry import pause_s
from chaos.load.summary import ProducerSummary
from chaos.wire import reseolio_pb2 as pb

MOST_OUTSTANDING: Final = 20_000
"""Enqueues under way at once, at most; each takes about 25 KB. Later arrivals wait, and are late."""

RETURNING_AT_ONCE: Final = 16
"""Enqueues that an outage held up and that are under way at once, at most; arrivals on time don't count."""

STOP_GRACE_S: Final = 2.0
"""How long answers are waited for once the runner has said to stop."""


async def produce(plan: ProducerPlan, control: Control) -> ProducerSummary:
    """Enqueue all jobs of the plan; what came of it."""
    with LedgerWriter(
        Path(plan.ledger),
        run=plan.run,
        component=plan.component,
        incarnation=plan.incarnation,
        fsync=plan.fsync,
    ) as ledger:
        async with QueueClient(plan.address, ledger) as client:
            serials = itertools.count()
            async with FollowUp(plan, ledger, client, serials) as follow_up:
                producer = Producer(plan, ledger, client, control, serials, follow_up)
                control.ready()
                await producer.enqueue_all()
                if follow_up.listens and not control.is_stopped:
                    control.nothing_to_send(producer.summary())
                    await control.stopped()
                    await follow_up.conclude()
                return producer.summary()


class Producer:
    """Enqueues the jobs of one plan."""

    def __init__(
        self,
        plan: ProducerPlan,
        ledger: LedgerWriter,
        client: QueueClient,
        control: Control,
        serials: Iterator[int],
        follow_up: FollowUp,
    ) -> None:
        self._plan = plan
        self._ledger = ledger
        self._client = client
        self._control = control
        self._serials = serials
        self._follow_up = follow_up
        self._lateness = Lateness()
        self._room = asyncio.Event()
        self._room.set()
        self._returning = asyncio.Semaphore(RETURNING_AT_ONCE)
        self._idle = asyncio.Event()
        self._idle.set()
        self._outstanding = self._outstanding_peak = self._held_back = 0
        self._arrived = self._acknowledged = self._refused = self._retries = 0
        self._first_ns = self._last_ns = 0

    async def enqueue_all(self) -> None:
        """Send every enqueue and wait for its answer, from when the runner says until it says to stop.

        After a stop nothing new is sent, nothing is tried again, and answers are waited for a little.
        """
        await self._control.do_until_stopped(self._work(), self._wait_for_answers)

    def summary(self) -> ProducerSummary:
        """What came of it so far."""
        return ProducerSummary(
            cpu_s=time.process_time(),
            connections=self._client.connection.times_connected,
            arrived=self._arrived,
            acknowledged=self._acknowledged,
            refused=self._refused,
            left_open=self._arrived - self._acknowledged - self._refused,
            retries=self._retries,
            late_p99_s=self._lateness.quantile_ns(0.99) / 1e9,
            late_max_s=self._lateness.highest_ns / 1e9,
            outstanding_peak=self._outstanding_peak,
            held_back=self._held_back,
            sending_s=seconds_between(self._first_ns, self._last_ns),
        )

    async def _work(self) -> None:
        start_ns = await self._control.started()
        await _sleep_until(start_ns)
        async with asyncio.TaskGroup() as calls:
            if self._plan.rate_per_s is None:
                sequence = arrivals(self._plan)
                for _ in range(self._plan.in_flight):
                    calls.create_task(self._enqueue_one_by_one(sequence))
            else:
                await self._enqueue_when_due(calls, start_ns, self._plan.rate_per_s)
        await self._follow_up.cancelled()

    async def _wait_for_answers(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_GRACE_S):
                await self._idle.wait()

    async def _enqueue_one_by_one(self, sequence: Iterator[Arrival]) -> None:
        for arrival in sequence:
            if self._control.is_stopped:
                return
            await self._enqueue(arrival, now_ns())

    async def _enqueue_when_due(self, calls: asyncio.TaskGroup, start_ns: int, rate_per_s: float) -> None:
        for arrival in arrivals(self._plan):
            arrival_due_ns = due_ns(arrival, start_ns, rate_per_s, self._plan.burst)
            await _sleep_until(arrival_due_ns)
            if not self._room.is_set():
                self._held_back += 1
                await self._room.wait()
            if self._control.is_stopped:
                return
            calls.create_task(self._enqueue(arrival, arrival_due_ns))

    async def _enqueue(self, arrival: Arrival, arrival_due_ns: int) -> None:
        """Take one enqueue from its arrival to its answer, or to the end of the time for it."""
        self._begins(arrival_due_ns)
        request = enqueue_request(self._plan, self._plan.job_name, arrival.job)
        give_up_ns = arrival_due_ns + round(self._plan.give_up_after_s * 1e9)
        tries = 1
        while not await self._try(request, arrival, arrival_due_ns, tries, give_up_ns):
            if not await self._can_try_again(arrival.job, tries, give_up_ns):
                break
            tries += 1
            self._retries += 1
        self._ends()

    async def _try(
        self, request: pb.EnqueueRequest, arrival: Arrival, arrival_due_ns: int, tries: int, give_up_ns: int
    ) -> bool:
        """Whether this try was answered. Its intent is in the ledger before it waits for anything."""
        attempt = Try(arrival.job, arrival.copy, tries, arrival_due_ns, next(self._serials))
        if tries == 1 and self._client.connection.link is not None:
            call = self._client.enqueue_job(request)
        else:
            call = self._enqueue_after_waiting(request, give_up_ns)
        try:
            response = await recorded(self._ledger, attempt, call)
        except RefusedError:
            self._refused += 1
            return True
        if response is None:
            return False
        self._acknowledged += 1
        if not arrival.copy:
            self._follow_up.enqueued(arrival.job, response.job_id)
        return True

    async def _enqueue_after_waiting(self, request: pb.EnqueueRequest, give_up_ns: int) -> pb.EnqueueResponse:
        """Enqueue what an outage held up, a few at a time: all at once would delay the arrivals that are due."""
        await self._client.connected(_seconds_until(give_up_ns))
        try:
            async with asyncio.timeout(_seconds_until(give_up_ns)):
                await self._returning.acquire()
        except TimeoutError as error:
            raise UnansweredError(grpc.StatusCode.DEADLINE_EXCEEDED, "its turn did not come") from error
        try:
            return await self._client.enqueue_job(request)
        finally:
            self._returning.release()

    async def _can_try_again(self, job: int, tries: int, give_up_ns: int) -> bool:
        """Wait for the moment of the next try, and for a connection; False if there is to be none."""
        await asyncio.sleep(pause_s(self._plan.seed, job, tries))
        if self._control.is_stopped or now_ns() >= give_up_ns:
            return False
        try:
            await self._client.connected(_seconds_until(give_up_ns))
        except UnansweredError:
            return False
        return not self._control.is_stopped

    def _begins(self, arrival_due_ns: int) -> None:
        self._last_ns = now_ns()
        self._first_ns = self._first_ns or self._last_ns
        self._lateness.add(self._last_ns - arrival_due_ns)
        self._arrived += 1
        self._outstanding += 1
        self._idle.clear()
        self._outstanding_peak = max(self._outstanding_peak, self._outstanding)
        if self._outstanding >= MOST_OUTSTANDING:
            self._room.clear()

    def _ends(self) -> None:
        self._outstanding -= 1
        if self._outstanding < MOST_OUTSTANDING:
            self._room.set()
        if self._outstanding == 0:
            self._idle.set()


def _seconds_until(time_ns: int) -> float:
    return max(0, time_ns - now_ns()) / 1e9


async def _sleep_until(time_ns: int) -> None:
    """Sleep until then; give others a turn in any case."""
    await asyncio.sleep(_seconds_until(time_ns))


if __name__ == "__main__":
    run(ProducerPlan, produce)
