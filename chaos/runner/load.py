"""The load of a run: its worker, producer and reader processes, from their plans to their last words."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaos.clock import now_ns
from chaos.experiment.model import Experiment
from chaos.ledger.events import Event, LedgerClosed, LedgerOpened
from chaos.ledger.writer import IDS_SUFFIX, LEDGER_SUFFIX
from chaos.load.plan import ProcessPlan, ProducerPlan, ReaderPlan, WorkerPlan
from chaos.processes.component import Component
from chaos.processes.errors import ProcessError

JOB_NAME = "chaos"
GIVE_UP_AFTER_S = 60.0
_READY_WITHIN_S = 20.0
_READER_IN_FLIGHT = 64


class LoadFailed(Exception):
    """A load process could not go on; the message says which one and why."""


class LoadProcess:
    """A producer, worker or reader: started with its plan, told when to begin and to stop, listened to."""

    def __init__(
        self,
        module: str,
        plan: ProcessPlan,
        component: Component,
        log_path: Path,
        record: Callable[[Event], None],
    ) -> None:
        self.plan = plan
        self._record = record
        self._module = module
        self._component = component
        self._log_path = log_path
        self._listening: asyncio.Task[Mapping[str, Any]] | None = None

    @property
    def name(self) -> str:
        """The component's name: `worker-3`."""
        return self.plan.component

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            LoadFailed: It said that it can't, exited, or stayed silent.
        """
        try:
            process = await self._component.start(
                (sys.executable, "-P", "-m", self._module), log_path=self._log_path, control=True
            )
            await process.send(self.plan.to_json())
            line = await process.next_line(_READY_WITHIN_S, waiting_for="ready")
        except ProcessError as error:
            raise LoadFailed(f"{self.name}: {error}") from error
        if line != "ready":
            raise LoadFailed(f"{self.name}: {line}")
        self._record(LedgerOpened(time_ns=now_ns(), component=self.name, incarnation=self.plan.incarnation))
        self._listening = asyncio.create_task(self._listen())

    async def begin(self, start_ns: int) -> None:
        """Tell it when the load begins, on the machine's monotonic clock."""
        await self._component.process.send(f"go {start_ns}")

    @property
    def done(self) -> asyncio.Task[Mapping[str, Any]]:
        """Its last words, once it has nothing left to do.

        Raises:
            LoadFailed: On await: it ended without them.
        """
        assert self._listening is not None
        return self._listening

    async def _listen(self) -> Mapping[str, Any]:
        process = self._component.process
        while True:
            try:
                line = await process.next_line(float("inf"), waiting_for="done")
            except ProcessError as error:
                raise LoadFailed(f"{self.name}: {error}") from error
            word, _, rest = line.partition(" ")
            if word == "done":
                return dict(json.loads(rest))
            if word == "failed":
                self._component.expect_exit()
                raise LoadFailed(f"{self.name}: {rest}")

    async def stop(self) -> None:
        """Ask it to finish what is under way and leave; end it if it doesn't."""
        if self._listening is None:
            await self._component.stop(grace_s=1.0)
            return
        self._component.expect_exit()
        with contextlib.suppress(ProcessError):
            await self._component.process.send("stop")
            await self._component.process.exited_within(3.0)
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self._component.stop(grace_s=1.0)
        self._record_closed()

    def _record_closed(self) -> None:
        """Say how long its files are, now that nobody writes them any more."""
        stem = Path(self.plan.ledger) / f"{self.name}.{self.plan.incarnation}"
        sizes = [
            path.stat().st_size if path.exists() else 0
            for path in (stem.with_name(stem.name + suffix) for suffix in (LEDGER_SUFFIX, IDS_SUFFIX))
        ]
        self._record(
            LedgerClosed(
                time_ns=now_ns(),
                component=self.name,
                incarnation=self.plan.incarnation,
                ledger_bytes=sizes[0],
                ids_bytes=sizes[1],
            )
        )


class LoadPlanner:
    """Writes the plans of the load processes of a run."""

    def __init__(
        self, experiment: Experiment, *, run: str, seed: int, ledger: Path, addresses: Sequence[str]
    ) -> None:
        self._experiment = experiment
        self._addresses = addresses
        self._common: dict[str, Any] = {"run": run, "seed": seed, "ledger": str(ledger), "incarnation": 1}

    def producers(self) -> list[ProducerPlan]:
        """One plan a producer; together they enqueue every job once."""
        load = self._experiment.load
        job = load.job
        count = min(load.producers, load.jobs)
        return [
            ProducerPlan(
                **self._for("producer", number),
                jobs=load.jobs,
                first=number,
                step=count,
                rate_per_s=None if load.rate == "max" else load.rate,
                in_flight=load.in_flight,
                enqueued_twice=load.enqueued_twice,
                give_up_after_s=GIVE_UP_AFTER_S,
                job_name=JOB_NAME,
                payload_bytes=job.payload_bytes,
                max_attempts=job.max_attempts,
                timeout_s=job.timeout_s,
                backoff=job.backoff,
                initial_delay_s=job.initial_delay_s,
                max_delay_s=job.max_delay_s,
            )
            for number in range(count)
        ]

    def workers(self) -> list[WorkerPlan]:
        """One plan a worker."""
        load = self._experiment.load
        return [
            WorkerPlan(
                **self._for("worker", number),
                job_name=JOB_NAME,
                concurrency=load.workers.concurrency,
                duration_s=load.job.duration_s,
                failure_rate=load.job.failure_rate,
                timeout_s=load.job.timeout_s,
            )
            for number in range(load.workers.count)
        ]

    def reader(self, *, lists: bool) -> ReaderPlan:
        """The plan of the process that asks for final states: 30 s, and a second for every 500 jobs."""
        return ReaderPlan(
            **self._common,
            component="reader",
            address=self._addresses[0],
            job_name=JOB_NAME,
            in_flight=_READER_IN_FLIGHT,
            lists=lists,
            deadline_s=30.0 + self._experiment.load.jobs / 500,
        )

    def _for(self, role: str, number: int) -> dict[str, Any]:
        return {
            **self._common,
            "component": f"{role}-{number + 1}",
            "address": self._addresses[number % len(self._addresses)],
        }


class Crew:
    """All load processes of a run."""

    def __init__(self, planner: LoadPlanner, logs: Path, record: Callable[[Event], None]) -> None:
        self._planner = planner
        self._logs = logs
        self._record = record
        self.producers = [self._made("chaos.load.producer", plan) for plan in planner.producers()]
        self.workers = [self._made("chaos.load.worker", plan) for plan in planner.workers()]

    def _made(self, module: str, plan: ProcessPlan) -> LoadProcess:
        component = Component(plan.component, self._record)
        return LoadProcess(module, plan, component, self._logs / f"{plan.component}.log", self._record)

    async def start(self) -> None:
        """Start them all at once and wait until every one is ready.

        Raises:
            LoadFailed: One of them is not.
        """
        results = await asyncio.gather(
            *(process.start() for process in (*self.workers, *self.producers)), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def begin(self, start_ns: int) -> None:
        """Tell the producers when the load begins."""
        for process in self.producers:
            await process.begin(start_ns)

    async def failure(self) -> None:
        """Return never, but raise once one of them could not go on.

        Raises:
            LoadFailed: Says which one and why.
        """
        pending = {process.done for process in (*self.workers, *self.producers)}
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        await asyncio.Event().wait()

    async def enqueued(self) -> list[Mapping[str, Any]]:
        """Wait until no producer has anything left to do; their last words."""
        return list(await asyncio.gather(*(asyncio.shield(process.done) for process in self.producers)))

    async def read_final_states(self, *, lists: bool) -> Mapping[str, Any]:
        """Ask the system for the final state of every job; what the reader says of it.

        Raises:
            LoadFailed: The reader could not go on.
            TimeoutError: It took longer than its deadline, and a margin.
        """
        plan = self._planner.reader(lists=lists)
        reader = self._made("chaos.load.reader", plan)
        try:
            await reader.start()
            await reader.begin(0)
            async with asyncio.timeout(plan.deadline_s + 15.0):
                return await reader.done
        finally:
            await reader.stop()

    async def stop(self) -> None:
        """Let them all leave, whatever state they are in."""
        results = await asyncio.gather(
            *(process.stop() for process in (*self.producers, *self.workers)), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
