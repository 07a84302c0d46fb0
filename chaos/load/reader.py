"""The reader: a process that asks the system for its last word on every job.

A job with a known id is asked for by it. A job whose enqueue was left open may exist all the same: where the system
lists its jobs, those are looked through for its payload. What can't be learned in time is recorded as unread, never
as absent.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import grpc

from chaos.clock import now_ns, seconds_between
from chaos.ledger.reader import Ledger
from chaos.ledger.records import FIRST_SCHEDULE, NO_JOB, State
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import CALL_TIMEOUT_S, CallFailedError, QueueClient, UnansweredError
from chaos.load.enqueued import Enqueued
from chaos.load.payload import Corrupted, read_payload
from chaos.load.plan import ReaderPlan, schedule_name
from chaos.load.process import Control, run
from chaos.load.retry import pause_s
from chaos.load.summary import ReaderSummary
from chaos.wire import reseolio_pb2 as pb

_STATES: Final = frozenset(map(int, State)) - {State.ABSENT, State.UNREAD}

T = TypeVar("T")

MOST_TRIES: Final = 6
"""How often one question is asked before it counts as unanswered."""


async def read(plan: ReaderPlan, control: Control) -> ReaderSummary:
    """Ask for the final state of every job; what was learned."""
    directory = Path(plan.ledger)
    files = Ledger.open(directory).files
    with LedgerWriter(
        directory, run=plan.run, component=plan.component, incarnation=plan.incarnation, fsync=plan.fsync
    ) as ledger:
        async with QueueClient(plan.address) as client:
            control.ready()
            reader = Reader(plan, ledger, client)
            await control.do_until_stopped(reader.read_all(Enqueued.count(files)))
            return reader.summary()


class Reader:
    """Reads the final states of one run, until its deadline."""

    def __init__(self, plan: ReaderPlan, ledger: LedgerWriter, client: QueueClient) -> None:
        self._plan = plan
        self._ledger = ledger
        self._client = client
        self._serials = itertools.count()
        self._began_ns = now_ns()
        self._deadline_ns = self._began_ns + round(plan.deadline_s * 1e9)
        self._read = self._absent = self._unread = self._recovered = 0

    async def read_all(self, enqueued: Enqueued) -> None:
        """Ask for every job with a known id, look for those whose enqueue was left open, list what was fired."""
        known = enqueued.known()
        async with asyncio.TaskGroup() as callers:
            for _ in range(self._plan.in_flight):
                callers.create_task(self._read_one_by_one(known))
        if left_open := set(enqueued.left_open()):
            await self._look_for(left_open)
        await self._read_fires()

    def summary(self) -> ReaderSummary:
        """What was learned so far."""
        return ReaderSummary(
            cpu_s=time.process_time(),
            connections=self._client.connection.times_connected,
            read=self._read,
            absent=self._absent,
            recovered=self._recovered,
            unread=self._unread,
            seconds=seconds_between(self._began_ns, now_ns()),
        )

    async def _read_one_by_one(self, known: Iterator[tuple[int, str]]) -> None:
        for job, job_id in known:
            try:
                seen = await self._ask(job, job_id)
            except CallFailedError:
                self._record(job, job_id, State.UNREAD, 0)
                continue
            if seen is None:
                self._record(job, job_id, State.ABSENT, 0)
            else:
                self._record(job, job_id, _state(seen), seen.attempt)

    async def _ask(self, job: int, job_id: str) -> pb.Job | None:
        for tries in itertools.count(1):
            try:
                await self._client.connected(self._left_s())
                return await self._client.get_job(job_id, self._left_s(at_most=CALL_TIMEOUT_S))
            except UnansweredError:
                if tries == MOST_TRIES or self._left_s() == 0:
                    raise
            await asyncio.sleep(pause_s(self._plan.seed, job, tries))
        raise AssertionError("unreachable")

    async def _look_for(self, wanted: set[int]) -> None:
        """Go through all jobs that the system lists, and record those that are wanted."""
        if not self._plan.lists:
            self._unread += len(wanted)
            return
        try:
            found = await self._found(wanted)
        except CallFailedError:
            self._unread += len(wanted)
            return
        for job, seen in found:
            self._record(job, seen.id, _state(seen), seen.attempt)
        recovered = {job for job, _ in found}
        self._recovered += len(recovered)
        for job in sorted(wanted - recovered):
            self._record(job, None, State.ABSENT, 0)

    async def _found(self, wanted: set[int]) -> list[tuple[int, pb.Job]]:
        """The wanted jobs among all that the system lists; one key may have given more than one.

        Raises:
            CallFailedError: The system doesn't list its jobs, or has not done so in time.
        """

        async def look() -> list[tuple[int, pb.Job]]:
            return [found async for found in self._listed(wanted)]

        return await self._in_time(look)

    async def _in_time(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question about many jobs, asked up to `MOST_TRIES` times.

        Raises:
            CallFailedError: The system does not answer it, or has not done so in time.
        """
        for tries in itertools.count(1):
            try:
                async with asyncio.timeout(self._left_s()):
                    return await ask()
            except TimeoutError as error:
                raise UnansweredError(grpc.StatusCode.DEADLINE_EXCEEDED, "the list is too long") from error
            except UnansweredError:
                if tries == MOST_TRIES:
                    raise
            await asyncio.sleep(pause_s(self._plan.seed, NO_JOB, tries))
        raise AssertionError("unreachable")

    async def _listed(self, wanted: set[int]) -> AsyncIterator[tuple[int, pb.Job]]:
        names = [name for name in (self._plan.job_name, self._plan.step_name) if name]
        async for page in self._client.pages(names=names):
            for seen in page:
                content = read_payload(seen.args)
                run_name, job = (content.run, content.job) if isinstance(content, Corrupted) else content
                if job in wanted and run_name == self._plan.run:
                    yield job, seen

    async def _read_fires(self) -> None:
        """List what each schedule has fired. One about which the system does not answer gets no last word."""
        for number in range(self._plan.schedules):
            with contextlib.suppress(CallFailedError):
                fires = await self._in_time(partial(self._fires, number))
                for fire in fires:
                    self._ledger.fire_told(
                        FIRST_SCHEDULE + number,
                        _state(fire),
                        fire.attempt,
                        fire.created_at,
                        next(self._serials),
                    )
                self._ledger.fires_read(FIRST_SCHEDULE + number, len(fires), next(self._serials))

    async def _fires(self, number: int) -> list[pb.Job]:
        """The jobs of this run that a schedule has fired, once each."""
        found: dict[str, pb.Job] = {}
        async for page in self._client.pages(names=[schedule_name(self._plan.job_name, number)]):
            for seen in page:
                content = read_payload(seen.args)
                if (content.run if isinstance(content, Corrupted) else content[0]) == self._plan.run:
                    found[seen.id] = seen
        return list(found.values())

    def _record(self, job: int, job_id: str | None, state: State, attempt: int) -> None:
        self._ledger.final_state(job, state, attempt, job_id, next(self._serials))
        if state is State.UNREAD:
            self._unread += 1
        elif state is State.ABSENT:
            self._absent += 1
        else:
            self._read += 1

    def _left_s(self, *, at_most: float = float("inf")) -> float:
        return min(max(0, self._deadline_ns - now_ns()) / 1e9, at_most)


def _state(seen: pb.Job) -> State:
    """The state that the system tells; unread, if it tells none that the contract knows."""
    number = int(seen.status)
    return State(number) if number in _STATES else State.UNREAD


if __name__ == "__main__":
    run(ReaderPlan, read)
