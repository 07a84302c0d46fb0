"""What an experiment says, as typed values. Parsed at the edge; everything behind it trusts these."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from chaos.experiment.base import Model, kebab
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.fault_spec import FaultSpec, LastingSpec, TargetedSpec
from chaos.experiment.hypothesis_spec import HypothesisSpec, Window
from chaos.experiment.metric_spec import Levels, MetricBound
from chaos.experiment.moments import AtJobs, AtTime
from chaos.experiment.schedule_spec import Schedules
from chaos.experiment.units import BYTES, DURATION, Bytes, Duration, RateOrMax, Share, wrong
from chaos.experiment.variant import Variant

__all__ = [
    "AtJobs",
    "AtTime",
    "Backoff",
    "Bound",
    "Drain",
    "Evidence",
    "Experiment",
    "FaultSpec",
    "Guarantee",
    "HypothesisSpec",
    "Job",
    "LastingSpec",
    "Levels",
    "Load",
    "MetricBound",
    "Model",
    "Recovery",
    "Runtime",
    "Schedules",
    "Slow",
    "SystemSpec",
    "TargetedSpec",
    "Verify",
    "Window",
    "Workers",
    "Workflow",
]


class Guarantee(StrEnum):
    """What a queue promises about how often a job runs."""

    AT_LEAST_ONCE = "at-least-once"
    AT_MOST_ONCE = "at-most-once"
    EXACTLY_ONCE = "exactly-once"


class SystemSpec(Model):
    """The system to put under test; each system adds its own options."""

    name: str = Field(description="name of the system, as `chaos systems` lists it")

    @property
    def existing(self) -> tuple[str, ...]:
        """The components that were there before the run: what they run in is never touched."""
        return ()

    @property
    def variant(self) -> Variant:
        """What sets it apart from the same system as it is by default: its keys that are not, as text.

        What may come from the environment is no part of it, because that is a matter of the machine; a system for
        which it makes a difference adds it.
        """
        said = self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"name"})
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for name, field in type(self).model_fields.items()
            if (key := field.alias or name) in said
            and not isinstance(getattr(self, name), EnvironmentText)
            and (value := said[key]) is not None
        }


class Backoff(StrEnum):
    """How the wait between two attempts of a job grows."""

    FIXED = "fixed"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"


class Slow(Model):
    """A part of the jobs that take longer than the others, each for a time drawn between two."""

    share: Share = Field(description="share of the jobs, drawn from the seed")
    at_least_s: Annotated[Duration, DURATION.within(most="1d")] = Field(
        alias="at-least", description="how long the shortest of them takes"
    )
    at_most_s: Annotated[Duration, DURATION.within(most="1d")] = Field(
        alias="at-most", description="how long the longest of them takes"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_least_s > self.at_most_s:
            raise wrong("at-least is more than at-most, so no job can take so long")
        return self


class Job(Model):
    """What one job does, and how the queue is asked to treat it."""

    duration_s: Annotated[Duration, DURATION.within(most="1d")] = Field(
        0.02, alias="duration", description="how long an execution takes"
    )
    slow: Slow | None = Field(None, description="a part of the jobs that take longer")
    failure_rate: Share = Field(0.0, description="share of executions that fail, drawn from the seed")
    max_attempts: int = Field(
        5, ge=1, le=1000, description="how often a job may be tried before it is given up"
    )
    timeout_s: Annotated[Duration, DURATION.within("1ms", "7d")] = Field(
        5.0, alias="timeout", description="how long an execution may take before the queue gives up on it"
    )
    payload_bytes: Annotated[Bytes, BYTES.within("128B", "3MiB")] = Field(
        256, alias="payload", description="size of a job's payload"
    )
    backoff: Backoff = Field(
        Backoff.EXPONENTIAL, description="how the wait between two attempts of a job grows"
    )
    initial_delay_s: Annotated[Duration, DURATION.within("1ms", "7d")] = Field(
        0.1, alias="initial-delay", description="wait before the second attempt"
    )
    max_delay_s: Annotated[Duration, DURATION.within("1ms", "7d")] = Field(
        2.0, alias="max-delay", description="longest wait before an attempt"
    )

    @model_validator(mode="after")
    def _delays_fit(self) -> Self:
        if self.initial_delay_s > self.max_delay_s:
            initial, longest = DURATION.write(self.initial_delay_s), DURATION.write(self.max_delay_s)
            raise wrong(f"initial-delay ({initial}) is longer than max-delay ({longest})")
        return self


class Runtime(StrEnum):
    """What producers and workers are written in: the toolkit's own client, or the Node.js SDK of Reseolio."""

    PYTHON = "python"
    NODE = "node"


class Workers(Model):
    """How many worker processes, and how many jobs each holds at a time."""

    count: int = Field(
        1, ge=0, le=200, description="worker processes; 0: jobs are enqueued and none executed"
    )
    concurrency: int = Field(8, ge=1, le=10_000, description="jobs that each worker holds at a time")
    runtime: Runtime = Field(
        Runtime.PYTHON,
        description="what the workers are: `python`, the toolkit's own client; `node`, the Node.js SDK of Reseolio",
    )


class Workflow(Model):
    """Jobs that enqueue further jobs, and await each: a head and its steps, one after the other.

    The jobs of a load are its heads and all of their steps: of 400 jobs with 3 steps each, 100 are heads. A head is
    enqueued by a producer; the worker that executes it enqueues its steps, each once the one before has succeeded.
    """

    steps: int = Field(
        ge=1, le=100, description="jobs that each head enqueues and awaits, one after the other"
    )


class Load(Model):
    """Producers that enqueue jobs, and workers that execute them."""

    jobs: int = Field(ge=1, le=100_000_000, description="how many jobs are enqueued in all", examples=[5000])
    rate: RateOrMax = Field(
        description="arrivals over all producers, held even when answers are slow; `max`: as fast as it goes"
    )
    burst: int = Field(
        1,
        ge=1,
        le=1_000_000,
        description="how many jobs arrive at once; on average the rate stays what it is",
    )
    producers: int = Field(1, ge=1, le=100, description="producer processes")
    producer_runtime: Runtime = Field(
        Runtime.PYTHON,
        description="what the producers are: `python`, the toolkit's own client; `node`, the Node.js SDK of Reseolio, "
        "which neither cancels nor subscribes here",
    )
    callers: int = Field(
        1,
        ge=1,
        le=100,
        description="how many callers enqueue each job at the same time, under one key; producers take turns",
    )
    workers: Workers = Field(
        Workers(), description="worker processes, and how many jobs each holds at a time"
    )
    job: Job = Field(Job(), description="what one job does, and how the queue is asked to treat it")
    enqueued_twice: Share = Field(
        0.02,
        description="share of the jobs that are enqueued a second time under the same key, on purpose, "
        "so that a queue which does not deduplicate is found out",
    )
    cancel: Share = Field(
        0.0,
        description="share of the jobs that are cancelled some time after their enqueue, drawn from the seed",
    )
    retry_dead: bool = Field(
        False,
        description="whether each job that has died is let run again by hand, once, while the load lasts",
    )
    subscribe: Share = Field(
        0.0,
        description="share of the jobs whose end their producer waits to hear of, drawn from the seed; "
        "it asks for half of them once more when it has heard",
    )
    schedules: Schedules | None = Field(
        None, description="schedules of the queue: how many, when they are due, and how they are changed"
    )
    in_flight: int = Field(
        64, ge=1, le=10_000, description="calls that each producer has under way at once, at rate `max`"
    )
    workflow: Workflow | None = Field(
        None,
        description="jobs that enqueue further jobs and await them; one half of the workers executes the heads, the "
        "other one the steps",
    )

    @property
    def lasts_s(self) -> float:
        """How long jobs arrive: infinite where nobody can tell, at rate `max` and with workflows."""
        if self.rate == "max" or self.workflow is not None:
            return math.inf
        return ((self.jobs - 1) // self.burst * self.burst + 1) / float(self.rate)

    @property
    def producer_names(self) -> tuple[str, ...]:
        """The producers; no more than there are enqueues of theirs."""
        return tuple(f"producer-{n + 1}" for n in range(min(self.producers, self.jobs // self.jobs_a_head)))

    @property
    def jobs_a_head(self) -> int:
        """How many jobs one enqueue of a producer brings: 1, or a head and its steps."""
        return 1 if self.workflow is None else 1 + self.workflow.steps

    @model_validator(mode="after")
    def _bursts_have_a_rate(self) -> Self:
        if self.burst > 1 and self.rate == "max":
            raise wrong(
                "at rate `max` all jobs arrive at once, so there are no bursts; give a rate, or no `burst`"
            )
        return self

    @model_validator(mode="after")
    def _workflows_fit(self) -> Self:
        if self.workflow is None:
            return self
        if self.jobs % self.jobs_a_head:
            raise wrong(
                f"{self.jobs} jobs are no whole number of workflows, each of 1 head and {self.workflow.steps} steps; "
                f"take a multiple of {self.jobs_a_head}"
            )
        if self.workers.count == 1:
            raise wrong("one worker executes the heads and another one their steps; take 2 workers or more")
        if self.workers.runtime is not Runtime.PYTHON:
            raise wrong(
                f"workers of the runtime {self.workers.runtime} enqueue no steps; take {Runtime.PYTHON}"
            )
        if self.schedules is not None:
            raise wrong("a load has workflows or schedules; take one of the two")
        if self.cancel or self.retry_dead:
            raise wrong(
                "a head that is cancelled or retried by hand leaves its steps to chance; with a workflow, "
                "take neither `cancel` nor `retry-dead`"
            )
        return self

    @model_validator(mode="after")
    def _runtime_can(self) -> Self:
        asked_for = [
            key for key, share in (("cancel", self.cancel), ("subscribe", self.subscribe)) if share > 0
        ]
        if asked_for and self.producer_runtime is Runtime.NODE:
            raise wrong(
                f"producers of the runtime node can't do what `{asked_for[0]}` asks for; leave it out, or take "
                "`producer-runtime: python`"
            )
        return self


class Bound(Model):
    """How many jobs may show a finding."""

    at_most: int = Field(ge=0, description="how many jobs")


class Recovery(Model):
    """How fast the system must be itself again. See docs/checks.md for what each time counts from."""

    ready_s: Duration | None = Field(None, alias="ready", description="until the component answers again")
    first_completion_s: Duration | None = Field(
        None, alias="first-completion", description="until a job is completed again"
    )
    drained_s: Duration | None = Field(
        None, alias="drained", description="until no job is left that is not terminal"
    )


class Drain(Model):
    """How long to wait for the queue to come to rest."""

    stalled_after_s: Annotated[Duration, DURATION.within("1s")] | None = Field(
        None,
        alias="stalled-after",
        description="how long without any progress until what is left counts as stuck; "
        "without it, long enough for a timeout and a retry of this load's jobs",
    )
    at_most_s: Annotated[Duration, DURATION.within("1s")] = Field(
        600.0, alias="at-most", description="the longest that draining may take in all"
    )


class Evidence(Model):
    """What a run must have seen before it may pass."""

    acknowledged: Share = Field(0.9, description="share of the jobs whose enqueue must be acknowledged")


_Bounded = Annotated[Bound | None, Field(description="how many jobs may show this finding at most")]


class Verify(Model):
    """What must hold once the run is over.

    Every finding may be bounded by name, beside what the guarantee makes of it: `redelivered: {at-most: 50}`.
    """

    guarantee: Guarantee = Field(
        Guarantee.AT_LEAST_ONCE, description="what the queue promises about how often a job runs"
    )
    loss: int = Field(0, ge=0, description="how many jobs may be lost")
    duplication: int = Field(
        0, ge=0, description="how many jobs may be executed or enqueued more than promised"
    )
    integrity: int = Field(0, ge=0, description="how many jobs may be altered, made up, or tried too often")
    cancellation: int = Field(0, ge=0, description="how many jobs may outlive their cancellation")
    retrying: int = Field(0, ge=0, description="how many jobs may not run again that were retried by hand")
    subscription: int = Field(
        0, ge=0, description="how many jobs' ends may be told wrongly, not at all, or twice over one stream"
    )
    schedules: int = Field(
        0,
        ge=0,
        description="how often schedules may fire otherwise than they were due, or be otherwise than asked",
    )
    overlap: Literal["forbid", "allow"] = Field(
        "forbid", description="whether a job may be executed twice at the same time, under at-least-once"
    )
    recovery: Recovery = Field(Recovery(), description="how fast the system must be itself again")
    drain: Drain = Field(Drain(), description="how long to wait for the queue to come to rest")
    evidence: Evidence = Field(Evidence(), description="what a run must have seen before it may pass")
    metrics: tuple[SerializeAsAny[MetricBound[Any]], ...] = Field(
        (), description="bounds on metrics of the finished run, each a check with a number"
    )

    missing: _Bounded = None
    stuck: _Bounded = None
    forgotten: _Bounded = None
    contradicted: _Bounded = None
    abandoned: _Bounded = None
    never_run: _Bounded = None
    phantom: _Bounded = None
    double_enqueued: _Bounded = None
    re_executed: _Bounded = None
    overlapping: _Bounded = None
    redelivered: _Bounded = None
    over_attempted: _Bounded = None
    corrupted: _Bounded = None
    recovered: _Bounded = None
    uncancelled: _Bounded = None
    run_after_cancel: _Bounded = None
    unretried: _Bounded = None
    unheard: _Bounded = None
    unheard_anew: _Bounded = None
    heard_twice: _Bounded = None
    misreported: _Bounded = None
    never_fired: _Bounded = None
    fired_twice: _Bounded = None
    misfired: _Bounded = None
    missed_policy: _Bounded = None
    change_lost: _Bounded = None
    schedule_doubled: _Bounded = None
    fire_stuck: _Bounded = None

    @property
    def bounds(self) -> Mapping[str, Bound]:
        """The findings that are bounded by name, and their bounds."""
        bounds = {name: getattr(self, field) for name, field in _FINDING_FIELDS.items()}
        return {name: bound for name, bound in bounds.items() if bound is not None}


_FINDING_FIELDS = {
    kebab(name): name for name, field in Verify.model_fields.items() if field.annotation == Bound | None
}

FINDINGS = tuple(_FINDING_FIELDS)
"""The findings that `verify` can bound by name."""


class Experiment(Model):
    """One experiment: a system, a load, steady-state hypotheses, faults, and what must hold afterwards."""

    title: str = Field(min_length=1, description="what the experiment shows, in one line")
    description: str | None = Field(None, description="why, and what to know about it")
    seed: int | None = Field(
        None,
        ge=0,
        lt=2**63,
        description="where every random draw of a run comes from; without it, a new one each run",
    )
    system: SerializeAsAny[SystemSpec] = Field(description="the system to put under test")
    load: Load = Field(description="producers that enqueue jobs, and workers that execute them")
    steady_state: tuple[SerializeAsAny[HypothesisSpec], ...] = Field(
        (), description="what a healthy system looks like: probes with tolerances"
    )
    faults: tuple[SerializeAsAny[FaultSpec], ...] = Field(
        (), description="what is done to the running system"
    )
    stop_when: tuple[SerializeAsAny[HypothesisSpec], ...] = Field(
        (),
        description="conditions that halt the run and undo everything, each a probe with a tolerance: "
        "`throughput at-most 10/s`",
    )
    silence_after_s: Annotated[Duration, DURATION.within("1s", "1d")] | None = Field(
        None,
        alias="silence-after",
        description="how long no job is completed, while jobs wait, before that is noticed; by default 10 s, and the "
        "time that a job takes",
    )
    verify: Verify = Field(Verify(), description="what must hold once the run is over")
    grades: Mapping[str, SerializeAsAny[Levels[Any]]] = Field(
        {}, description="the levels of a metric's grades, by the metric, in place of its own"
    )
    allow_remote: bool = Field(
        False,
        description="whether probes may ask other machines; the command line must say so, too: `--allow-remote`",
    )

    @property
    def variant(self) -> Variant:
        """How its system is set up, and what speaks to it: the runs of two variants are never taken for alike."""
        runtimes = {
            "load.workers.runtime": self.load.workers.runtime,
            "load.producer-runtime": self.load.producer_runtime,
        }
        return {
            **{f"system.{key}": value for key, value in self.system.variant.items()},
            **{key: runtime.value for key, runtime in runtimes.items() if runtime is not Runtime.PYTHON},
        }
