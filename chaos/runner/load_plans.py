"""What the load processes of a run are told, from the experiment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chaos.experiment.model import Experiment, Runtime, Slow
from chaos.load.plan import OperatorPlan, ProducerPlan, ReaderPlan, WorkerPlan, schedule_name
from chaos.load.runtimes import RUNTIMES, Role

JOB_NAME = "chaos"
STEP_NAME = "chaos-step"
OPERATOR = "operator"
READER = "reader"
GIVE_UP_AFTER_S = 60.0
_READER_IN_FLIGHT = 64


class LoadPlanner:
    """Writes the plans of the load processes of a run.

    Args:
        experiment: What load it asks for.
        run: The run's name.
        seed: Its seed.
        ledger: The directory of its ledger.
        address_of: `host:port` that a load process of this name connects to: a core's own, or a proxy's before it.
    """

    def __init__(
        self, experiment: Experiment, *, run: str, seed: int, ledger: Path, address_of: Callable[[str], str]
    ) -> None:
        self._experiment = experiment
        self._address_of = address_of
        self._common: dict[str, Any] = {"run": run, "seed": seed, "ledger": str(ledger), "incarnation": 1}

    def command(self, role: Role) -> tuple[str, ...]:
        """Program and arguments of a process of this role, in the runtime that the experiment asks for."""
        load = self._experiment.load
        chosen = {Role.PRODUCER: load.producer_runtime, Role.WORKER: load.workers.runtime}
        return RUNTIMES[chosen.get(role, Runtime.PYTHON)].command(role)

    def producers(self) -> list[ProducerPlan]:
        """One plan a producer; together they enqueue every job once."""
        load = self._experiment.load
        count = len(load.producer_names)
        return [
            ProducerPlan(
                **self._for(name),
                **self._jobs_called(JOB_NAME),
                jobs=load.jobs,
                first=number * load.jobs_a_head,
                step=count * load.jobs_a_head,
                rate_per_s=None if load.rate == "max" else load.rate,
                in_flight=load.in_flight,
                enqueued_twice=load.enqueued_twice,
                give_up_after_s=GIVE_UP_AFTER_S,
                burst=load.burst,
                callers=load.callers,
                jobs_a_head=load.jobs_a_head,
                cancel_share=load.cancel,
                subscribe_share=load.subscribe,
            )
            for number, name in enumerate(load.producer_names)
        ]

    def workers(self) -> list[WorkerPlan]:
        """One plan a worker; of those of a workflow, the first half executes the heads, and the others the steps."""
        load = self._experiment.load
        slow = load.job.slow or Slow(share=0.0, at_least_s=0.0, at_most_s=0.0)
        heads = load.workers.count if load.workflow is None else (load.workers.count + 1) // 2
        return [
            WorkerPlan(
                **self._for(f"worker-{number + 1}"),
                **self._jobs_called(JOB_NAME if number < heads else STEP_NAME),
                concurrency=load.workers.concurrency,
                duration_s=load.job.duration_s,
                failure_rate=load.job.failure_rate,
                steps=load.workflow.steps if load.workflow is not None and number < heads else 0,
                step_name=STEP_NAME,
                slow_share=slow.share,
                slow_at_least_s=slow.at_least_s,
                slow_at_most_s=slow.at_most_s,
                fired=self._fired if number < heads else (),
            )
            for number in range(load.workers.count)
        ]

    def operator(self) -> OperatorPlan | None:
        """The plan of the process that does by hand what the load asks for; None if it asks for nothing."""
        load = self._experiment.load
        if not load.retry_dead and load.schedules is None:
            return None
        plan = OperatorPlan(
            **self._for(OPERATOR),
            **self._jobs_called(JOB_NAME),
            jobs=load.jobs,
            retries_dead=load.retry_dead,
        )
        if load.schedules is None:
            return plan
        return replace(
            plan,
            schedules=load.schedules.count,
            crons=load.schedules.crons,
            timezone=load.schedules.timezone,
            created_at_once=load.schedules.created_at_once,
            changes=load.schedules.changes,
            change_every_s=load.schedules.change_every_s,
        )

    def reader(self, *, lists: bool) -> ReaderPlan:
        """The plan of the process that asks for final states: 30 s, and a second for every 500 jobs."""
        return ReaderPlan(
            **self._for(READER),
            job_name=JOB_NAME,
            step_name=STEP_NAME if self._experiment.load.workflow is not None else "",
            in_flight=_READER_IN_FLIGHT,
            lists=lists,
            deadline_s=30.0 + self._experiment.load.jobs / 500,
            schedules=self._schedules,
        )

    @property
    def _schedules(self) -> int:
        asked = self._experiment.load.schedules
        return 0 if asked is None else asked.count

    @property
    def _fired(self) -> tuple[str, ...]:
        """What the jobs are called that its schedules fire."""
        return tuple(schedule_name(JOB_NAME, number) for number in range(self._schedules))

    def _jobs_called(self, name: str) -> dict[str, Any]:
        """What is told of jobs of this name."""
        job = self._experiment.load.job
        return {
            "job_name": name,
            "payload_bytes": job.payload_bytes,
            "max_attempts": job.max_attempts,
            "timeout_s": job.timeout_s,
            "backoff": job.backoff,
            "initial_delay_s": job.initial_delay_s,
            "max_delay_s": job.max_delay_s,
        }

    def _for(self, component: str) -> dict[str, Any]:
        return {**self._common, "component": component, "address": self._address_of(component)}
