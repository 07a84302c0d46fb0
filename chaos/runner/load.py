"""The load of a run: all its worker, producer and reader processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from chaos.ledger.events import Event
from chaos.load.plan import ProcessPlan, ProducerPlan
from chaos.load.runtimes import Role
from chaos.runner.live import LiveCounts
from chaos.runner.load_plans import LoadPlanner
from chaos.runner.load_process import LEAVES_WITHIN_S, LoadFailed, LoadProcess, NextPlan

__all__ = ["Crew", "LoadFailed", "LoadPlanner", "LoadProcess"]

_OPERATOR_LEAVES_WITHIN_S = 30.0
"""The operator deletes its schedules first, and there may be thousands."""


class Crew:
    """All load processes of a run."""

    def __init__(
        self, planner: LoadPlanner, logs: Path, record: Callable[[Event], None], live: LiveCounts
    ) -> None:
        self._planner = planner
        self._logs = logs
        self._record = record
        self._live = live
        producer, worker = planner.command(Role.PRODUCER), planner.command(Role.WORKER)
        self.producers = [
            self._made(producer, plan.component, partial(self._resumed, plan)) for plan in planner.producers()
        ]
        self.workers = [
            self._made(worker, plan.component, partial(_again, plan)) for plan in planner.workers()
        ]

        self._operators: list[LoadProcess] = []
        if (plan := planner.operator()) is not None:
            operator = planner.command(Role.OPERATOR)
            self._operators.append(
                self._made(operator, plan.component, partial(_again, plan), _OPERATOR_LEAVES_WITHIN_S)
            )

    @property
    def breakables(self) -> Mapping[str, LoadProcess]:
        """The producers and workers, by name, as faults may break them."""
        return {process.name: process for process in (*self.producers, *self.workers)}

    @property
    def _all(self) -> tuple[LoadProcess, ...]:
        return (*self.workers, *self.producers, *self._operators)

    def _made(
        self, command: Sequence[str], name: str, next_plan: NextPlan, leaves_within_s: float = LEAVES_WITHIN_S
    ) -> LoadProcess:
        log_path = self._logs / f"{name}.log"
        return LoadProcess(name, command, next_plan, log_path, self._record, leaves_within_s)

    def _resumed(self, plan: ProducerPlan, incarnation: int) -> ProducerPlan:
        """What a producer is told that comes back: to go on with the jobs of its share that it had not sent."""
        self._live.refresh()
        return replace(
            plan, incarnation=incarnation, first=self._live.first_not_arrived(plan.first, plan.step)
        )

    async def start(self) -> None:
        """Start them all at once and wait until every one is ready.

        Raises:
            LoadFailed: One of them is not.
        """
        results = await asyncio.gather(*(process.start() for process in self._all), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def begin(self, start_ns: int) -> None:
        """Tell all but the workers when the load begins."""
        for process in (*self.producers, *self._operators):
            await process.begin(start_ns)

    async def failure(self) -> None:
        """Return never, but raise once one of them could not go on.

        Raises:
            LoadFailed: Says which one and why.
        """
        failures = [process.failed for process in self._all]
        done, _ = await asyncio.wait(failures, return_when=asyncio.FIRST_COMPLETED)
        for failed in done:
            raise failed.result()

    async def enqueued(self) -> list[Mapping[str, Any]]:
        """Wait until no producer has anything left to do; the last words of each.

        One that was killed has something left to do until it is back and done.
        """
        return list(await asyncio.gather(*(asyncio.shield(process.done) for process in self.producers)))

    async def end_operations(self) -> None:
        """Let the operator finish: from now on nobody changes a job from outside.

        Raises:
            ProcessError: Something is left of it.
        """
        for process in self._operators:
            await process.stop()

    async def read_final_states(self, *, lists: bool) -> Mapping[str, Any]:
        """Ask the system for the final state of every job; what the reader says of it.

        Raises:
            LoadFailed: The reader could not go on.
            TimeoutError: It took longer than its deadline, and a margin.
        """
        plan = self._planner.reader(lists=lists)
        reader = self._made(self._planner.command(Role.READER), plan.component, partial(_again, plan))
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
            *(process.stop() for process in (*self._operators, *self.producers, *self.workers)),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result


def _again(plan: ProcessPlan, incarnation: int) -> ProcessPlan:
    """The same plan for a later start."""
    return replace(plan, incarnation=incarnation)
