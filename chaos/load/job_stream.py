"""The stream on which a worker gets its jobs: open, register, receive, leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final, Self

import grpc

from chaos.load.client import CALL_TIMEOUT_S, UnansweredError, answer, failure
from chaos.load.connection import Link
from chaos.wire import reseolio_pb2 as pb

NAME_OF_NO_JOB: Final = "chaos:nothing"


class JobStream:
    """One PollJobs call, from `async with` to its end.

    Every method raises:
        RefusedError: The core does not take this worker on, for certain.
        UnansweredError: The stream broke.
    """

    def __init__(self, link: Link, worker_id: str) -> None:
        self._link = link
        self._worker_id = worker_id
        self._call = link.poll_jobs(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        """End the call and see it ended: the next one under this worker's id must not come before."""
        self._call.cancel()
        await asyncio.wait({asyncio.ensure_future(self._call.code())})

    async def register(self, names: Sequence[str], concurrency: int) -> None:
        """Ask for jobs of these names, so many at a time; returns once the core has taken the worker on.

        The contract has no answer to a registration. So the core is asked something after it, over the same
        connection: it has both once it answers that, whatever it answers.
        """
        await self._send(names, concurrency)
        ended = asyncio.ensure_future(self._call.code())
        try:
            question = self._link.list_jobs(pb.ListJobsRequest(limit=1), timeout=CALL_TIMEOUT_S)
        except grpc.aio.UsageError as error:  # the connection was given up while the registration was sent
            raise UnansweredError(grpc.StatusCode.UNAVAILABLE, str(error)) from error
        answered = asyncio.ensure_future(question.code())
        try:
            await asyncio.wait({ended, answered}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            answered.cancel()
        if self._call.done() and (code := await self._call.code()) is not grpc.StatusCode.OK:
            raise failure(code, await self._call.details())

    async def want_nothing(self) -> None:
        """Ask for no more jobs, and keep those that are here: to end the stream would give them back."""
        await self._send((NAME_OF_NO_JOB,), 1)

    async def jobs(self) -> AsyncIterator[pb.Job]:
        """The jobs as they come, until the core ends the stream."""
        while isinstance(job := await answer(self._call.read()), pb.Job):
            yield job

    async def _send(self, names: Sequence[str], concurrency: int) -> None:
        request = pb.PollRequest(worker_id=self._worker_id, names=names, concurrency=concurrency)
        await answer(self._call.write(request))
