"""A workflow: a job, its head, that enqueues further jobs and awaits the success of each, one after the other.

Each step has a number of its own, and so a key of its own. A head that is executed again, because its worker died or
was cut off, therefore meets the steps that are there already, and goes on with the first that is not done.

A head asks for the state of its step, though it could subscribe to its end: an end that is never told is a finding of
the check `subscription`, which asks by `load.subscribe`, and must not show as a workflow that stands still as well. It
costs half the time between two questions, on average, and the metric `step-overhead` says so.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Final

from chaos.clock import now_ns
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import QueueClient, RefusedError, UnansweredError
from chaos.load.enqueue import Try, enqueue_request, recorded
from chaos.load.plan import WorkerPlan
from chaos.load.retry import pause_s
from chaos.wire import reseolio_pb2 as pb

ASKS_EVERY_S: Final = 0.05
"""How often a head asks whether its step is done."""

_ENDS_WITHOUT_SUCCESS: Final = (pb.JOB_STATUS_DEAD, pb.JOB_STATUS_CANCELLED)


class Workflow:
    """Goes through the steps of heads, several heads at a time.

    Args:
        plan: How many steps there are, and what they are like.
        client: The worker's client.
        ledger: Takes what is enqueued.
        serials: Numbers the calls of this process.
    """

    def __init__(
        self, plan: WorkerPlan, client: QueueClient, ledger: LedgerWriter, serials: Iterator[int]
    ) -> None:
        self._plan = plan
        self._client = client
        self._ledger = ledger
        self._serials = serials

    async def succeeds(self, head: int, until_ns: int) -> bool:
        """Enqueue and await each step of a head; whether all of them succeeded in time.

        Args:
            head: The head's number; those of its steps follow it.
            until_ns: When the head's own time is over.
        """
        for step in range(head + 1, head + 1 + self._plan.steps):
            job_id = await self._enqueue(step, until_ns)
            if job_id is None or not await self._succeeded(job_id, until_ns):
                return False
        return True

    async def _enqueue(self, step: int, until_ns: int) -> str | None:
        """The id of the step, once it is enqueued; None if it is refused or time is over."""
        request = enqueue_request(self._plan, self._plan.step_name, step)
        due_ns = now_ns()
        for tries in itertools.count(1):
            try:
                await self._client.connected(_seconds_until(until_ns))
                attempt = Try(step, 0, tries, due_ns, next(self._serials))
                response = await recorded(self._ledger, attempt, self._client.enqueue_job(request))
            except (RefusedError, UnansweredError):
                return None
            if response is not None:
                return response.job_id
            await asyncio.sleep(pause_s(self._plan.seed, step, tries))
        raise AssertionError("unreachable")

    async def _succeeded(self, job_id: str, until_ns: int) -> bool:
        """Whether the step of this id succeeds in time."""
        while now_ns() < until_ns:
            await asyncio.sleep(ASKS_EVERY_S)
            try:
                step = await self._client.get_job(job_id, _seconds_until(until_ns))
            except UnansweredError:
                continue
            except RefusedError:
                return False
            if step is None or step.status in _ENDS_WITHOUT_SUCCESS:
                return False
            if step.status == pb.JOB_STATUS_SUCCESS:
                return True
        return False


def _seconds_until(time_ns: int) -> float:
    return max(0, time_ns - now_ns()) / 1e9
