"""A worker: a process that executes jobs, several at a time, and says how each ended.

An execution begins with the receipt of its job and is a sleep, and for the head of a workflow its steps; whether it
fails, and whether it takes longer than others, is drawn from the seed. It goes on when the stream of jobs breaks, as
real work would, and its ack is sent once there is a connection again. What the core hands out is executed, also
beyond the concurrency that was asked for: a core that hands out too much is to be seen, not shielded.

Told to stop, a worker asks for no more jobs and keeps its stream until what it has is executed and
acknowledged: ending the stream first could have those jobs handed out a second time.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from pathlib import Path
from typing import Final

from chaos.chance import happens
from chaos.clock import now_ns
from chaos.ledger.records import NO_JOB, Outcome, Payload
from chaos.ledger.writer import LedgerWriter
from chaos.load.client import CallFailedError, QueueClient, RefusedError, UnansweredError
from chaos.load.job_stream import JobStream
from chaos.load.payload import Corrupted, read_payload
from chaos.load.plan import WorkerPlan
from chaos.load.process import Control, LoadError, run
from chaos.load.retry import pause_s
from chaos.load.slowness import execution_s
from chaos.load.summary import WorkerSummary
from chaos.load.workflow import Workflow
from chaos.wire import reseolio_pb2 as pb

_FAILED: Final = pb.AckResult(success=False, error="a failure drawn from the seed", should_retry=True)


async def serve(plan: WorkerPlan, control: Control) -> WorkerSummary:
    """Execute jobs until told to stop; what came of it."""
    with LedgerWriter(
        Path(plan.ledger),
        run=plan.run,
        component=plan.component,
        incarnation=plan.incarnation,
        fsync=plan.fsync,
    ) as ledger:
        async with QueueClient(plan.address, ledger) as client:
            worker = Worker(plan, ledger, client)
            await worker.work(control)
            return worker.summary()


class Execution:
    """One execution of one job: what its records have in common."""

    __slots__ = ("attempt", "job", "job_id", "received_ns", "serial")

    def __init__(self, job: int, job_id: str, attempt: int, serial: int, received_ns: int) -> None:
        self.job = job
        self.job_id = job_id
        self.attempt = attempt
        self.serial = serial
        self.received_ns = received_ns


class Worker:
    """Executes jobs by one plan."""

    def __init__(self, plan: WorkerPlan, ledger: LedgerWriter, client: QueueClient) -> None:
        self._plan = plan
        self._ledger = ledger
        self._client = client
        self._serials = itertools.count()
        self._workflow = Workflow(plan, client, ledger, self._serials) if plan.steps else None
        self._tasks = asyncio.TaskGroup()
        self._executions: set[asyncio.Task[None]] = set()
        self._stream: JobStream | None = None
        self._received = self._acknowledged = self._refused = self._cut_off = 0

    async def work(self, control: Control) -> None:
        """Register, say that the worker is ready, and execute what comes until told to stop.

        Raises:
            LoadError: The core does not take this worker on.
            LedgerWriteFailed: The ledger can't be written.
        """
        async with self._tasks:
            receiving = self._tasks.create_task(self._receive_always(control))
            await control.stopped()
            await self._finish()
            receiving.cancel()
            self._cut_off = len(self._executions)
            for execution in self._executions:
                execution.cancel()

    def summary(self) -> WorkerSummary:
        """What came of it so far."""
        return WorkerSummary(
            cpu_s=time.process_time(),
            connections=self._client.connection.times_connected,
            executions=self._received,
            acknowledged=self._acknowledged,
            refused=self._refused,
            left_open=self._received - self._acknowledged - self._refused - self._cut_off,
            cut_off=self._cut_off,
        )

    async def _receive_always(self, control: Control) -> None:
        """Receive jobs over one stream after the other, always under the same worker id.

        The load waits for a worker's first registration. One that comes back is not waited for: what it
        registers with may be broken just then, too.
        """
        registrations = streams_in_vain = 0
        comes_back = self._plan.incarnation > 1
        if comes_back:
            control.ready()
        while True:
            link = await self._client.connected(None)
            try:
                async with JobStream(link, self._plan.component) as stream:
                    await stream.register(self._plan.names, self._plan.concurrency)
                    registrations += 1
                    streams_in_vain = 0
                    if registrations == 1 and not comes_back:
                        control.ready()
                    self._stream = stream
                    async for job in stream.jobs():
                        self._receive(job)
            except RefusedError as error:
                raise LoadError(f"{self._plan.address} refuses to give jobs to a worker: {error}") from error
            except UnansweredError:
                pass  # the core is gone, or the stream was cut
            finally:
                self._stream = None
            streams_in_vain += 1
            await asyncio.sleep(pause_s(self._plan.seed, NO_JOB, streams_in_vain))

    async def _finish(self) -> None:
        """Ask for no more jobs, and see to the end of those that are here, within the time they have."""
        if self._stream is not None:
            with contextlib.suppress(CallFailedError):  # the stream broke, so nothing more comes on it
                await self._stream.want_nothing()
        if self._executions:
            await asyncio.wait(self._executions, timeout=self._plan.timeout_s)

    def _receive(self, job: pb.Job) -> None:
        """Begin to execute a job. Its payload says which one it is, whatever the system calls it."""
        content = read_payload(job.args)
        number, payload = NO_JOB, Payload.CORRUPTED
        if isinstance(content, Corrupted):
            if content.job is not None and content.run == self._plan.run:
                number = content.job
        elif content[0] == self._plan.run:
            number, payload = content[1], Payload.INTACT
        execution = Execution(number, job.id, job.attempt, next(self._serials), now_ns())
        self._ledger.execution_started(number, payload, job.attempt, job.id, execution.serial)
        self._received += 1
        task = self._tasks.create_task(self._execute(execution))
        self._executions.add(task)
        task.add_done_callback(self._executions.discard)

    async def _execute(self, execution: Execution) -> None:
        plan, job, attempt = self._plan, execution.job, execution.attempt
        await asyncio.sleep(execution_s(plan, job))
        outcome = Outcome.FAILURE if await self._fails(execution) else Outcome.SUCCESS
        self._ledger.execution_finished(job, outcome, attempt, execution.serial)
        await self._acknowledge(execution, outcome)

    async def _fails(self, execution: Execution) -> bool:
        """Whether an execution fails: by the seed, or because its steps did not all succeed in its time."""
        plan, job = self._plan, execution.job
        if happens(plan.failure_rate, plan.seed, "job-failure", job, execution.attempt):
            return True
        if self._workflow is None or job == NO_JOB:
            return False
        return not await self._workflow.succeeds(job, self._time_is_over_ns(execution))

    def _time_is_over_ns(self, execution: Execution) -> int:
        return execution.received_ns + round(self._plan.timeout_s * 1e9)

    async def _acknowledge(self, execution: Execution, outcome: Outcome) -> None:
        """Say how an execution ended until that is answered, or the time of its job is over.

        A try is recorded when there is a connection to send it over: a request that can't have left says
        nothing.
        """
        request = pb.AckRequest(job_id=execution.job_id, result=self._result(execution, outcome))
        metadata = (("worker-id", self._plan.component), ("attempt", str(execution.attempt)))
        until_ns = self._time_is_over_ns(execution)
        for tries in itertools.count(1):
            try:
                await self._client.connected(max(0, until_ns - now_ns()) / 1e9)
            except UnansweredError:
                return
            if await self._try_to_acknowledge(execution, outcome, request, metadata):
                return
            await asyncio.sleep(pause_s(self._plan.seed, execution.job, tries))
            if now_ns() >= until_ns:
                return

    def _result(self, execution: Execution, outcome: Outcome) -> pb.AckResult:
        """What an execution returns: who did it, in JSON, so that no two executions return the same."""
        if outcome is not Outcome.SUCCESS:
            return _FAILED
        told = {
            "job": None if execution.job == NO_JOB else execution.job,
            "worker": f"{self._plan.component}.{self._plan.incarnation}",
            "execution": execution.serial,
        }
        return pb.AckResult(success=True, return_value=json.dumps(told, separators=(",", ":")).encode())

    async def _try_to_acknowledge(
        self,
        execution: Execution,
        outcome: Outcome,
        request: pb.AckRequest,
        metadata: tuple[tuple[str, str], ...],
    ) -> bool:
        """Whether this try was answered."""
        job, attempt, serial = execution.job, execution.attempt, execution.serial
        self._ledger.ack_intended(job, outcome, attempt, serial, request.result.return_value)
        try:
            response = await self._client.ack_job(request, metadata)
        except RefusedError as error:
            self._ledger.ack_refused(job, outcome, attempt, error.code, serial)
            self._refused += 1
            return True
        except UnansweredError as error:
            self._ledger.ack_unknown(job, outcome, attempt, error.code, serial)
            return False
        self._ledger.ack_acknowledged(job, outcome, attempt, response.new_status, serial)
        self._acknowledged += 1
        return True


if __name__ == "__main__":
    run(WorkerPlan, serve)
