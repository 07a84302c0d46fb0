"""The operator: a process that does by hand what people do to a queue under load.

It lets dead jobs run again, and keeps schedules.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from pathlib import Path
from typing import Final

from chaos.clock import now_ns, seconds_between
from chaos.ledger.records import Request
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import QUESTION_TIMEOUT_S, CallFailedError, QueueClient
from chaos.load.payload import read_payload
from chaos.load.plan import OperatorPlan
from chaos.load.process import Control, run
from chaos.load.requests import Requests
from chaos.load.schedule_calls import ScheduleCalls
from chaos.load.schedule_keeper import ScheduleKeeper
from chaos.load.summary import OperatorSummary
from chaos.wire import reseolio_pb2 as pb

LOOKS_EVERY_S: Final = 0.5
LOOKING_SHARE: Final = 0.1
"""Looking for dead jobs takes at most this share of the time: a long list is slow to page through."""


async def operate(plan: OperatorPlan, control: Control) -> OperatorSummary:
    """Do what the plan says until told to stop; what that was."""
    with LedgerWriter(
        Path(plan.ledger),
        run=plan.run,
        component=plan.component,
        incarnation=plan.incarnation,
        fsync=plan.fsync,
    ) as ledger:
        async with QueueClient(plan.address, ledger) as client:
            operator = Operator(plan, ledger, client)
            control.ready()
            await control.do_until_stopped(operator.work(control), operator.finish)
            return OperatorSummary(
                cpu_s=time.process_time(),
                connections=client.connection.times_connected,
                retried=operator.retried,
            )


class Operator:
    """Lets each dead job of a run run again once, and keeps its schedules.

    Attributes:
        retried: How many retries were answered.
    """

    def __init__(self, plan: OperatorPlan, ledger: LedgerWriter, client: QueueClient) -> None:
        self._plan = plan
        self._client = client
        serials = itertools.count()
        self._requests = Requests(client, ledger, serials)
        self._schedules = ScheduleKeeper(plan, ScheduleCalls(plan, client, ledger, serials))
        self._tries: dict[str, int] = {}
        self._answered: set[str] = set()
        self._looking = asyncio.Lock()

    @property
    def retried(self) -> int:
        """How many retries were answered."""
        return len(self._answered)

    async def work(self, control: Control) -> None:
        """Do all of it at once, from the start of the load."""
        await control.started()
        async with asyncio.TaskGroup() as tasks:
            if self._plan.schedules:
                tasks.create_task(self._schedules.keep())
            if self._plan.retries_dead:
                tasks.create_task(self._retry_again_and_again())

    async def finish(self) -> None:
        """Leave nothing behind that would go on: delete the schedules, and retry those that died last."""
        if self._plan.schedules:
            await self._schedules.remove()
        if self._plan.retries_dead:
            await self.retry_dead_jobs()

    async def _retry_again_and_again(self) -> None:
        while True:
            began_ns = now_ns()
            await self.retry_dead_jobs()
            await asyncio.sleep(max(LOOKS_EVERY_S, seconds_between(began_ns, now_ns()) / LOOKING_SHARE))

    async def retry_dead_jobs(self) -> None:
        """Ask the queue for its dead jobs, and to let those run again that it was not asked for before."""
        async with self._looking:
            for job, job_id in await self._dead_jobs():
                if job_id not in self._answered:
                    self._tries[job_id] = self._tries.get(job_id, 0) + 1
                    if await self._requests.send(Request.RETRY, job, job_id, self._tries[job_id]):
                        self._answered.add(job_id)

    async def _dead_jobs(self) -> list[tuple[int, str]]:
        """The dead jobs of this run's load, as far as the queue answers."""
        found: list[tuple[int, str]] = []
        try:
            async for page in self._client.pages(
                statuses=[pb.JOB_STATUS_DEAD], names=[self._plan.job_name], timeout_s=QUESTION_TIMEOUT_S
            ):
                for job in page:
                    content = read_payload(job.args)
                    if not isinstance(content, tuple):
                        continue
                    run, number = content
                    if run == self._plan.run and number < self._plan.jobs:
                        found.append((number, job.id))
        except CallFailedError:
            return found
        return found


if __name__ == "__main__":
    run(OperatorPlan, operate)
