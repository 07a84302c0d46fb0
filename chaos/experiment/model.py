"""What an experiment says, as typed values. Parsed at the edge; everything behind it trusts these."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from chaos.experiment.units import Bytes, Duration, Rate, Share


def _kebab(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


class Model(BaseModel):
    """A part of an experiment file: kebab-case keys, unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=_kebab, populate_by_name=True)


class Guarantee(StrEnum):
    """What a queue promises about how often a job runs."""

    AT_LEAST_ONCE = "at-least-once"
    AT_MOST_ONCE = "at-most-once"
    EXACTLY_ONCE = "exactly-once"


class Window(StrEnum):
    """A part of the load in which hypotheses are asked."""

    BASELINE = "baseline"
    DURING = "during"
    AFTER = "after"


class SystemSpec(Model):
    """The system to put under test; each system adds its own options."""

    name: str


class Backoff(StrEnum):
    """How the wait between two attempts of a job grows."""

    FIXED = "fixed"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"


class Job(Model):
    """What one job does and how the queue is asked to treat it."""

    duration_s: Duration = Field(0.02, alias="duration")
    failure_rate: Share = 0.0
    max_attempts: int = Field(5, ge=1, le=1000)
    timeout_s: Duration = Field(5.0, alias="timeout")
    payload_bytes: Bytes = Field(256, alias="payload")
    backoff: Backoff = Backoff.EXPONENTIAL
    initial_delay_s: Duration = Field(0.1, alias="initial-delay")
    max_delay_s: Duration = Field(2.0, alias="max-delay")


class Workers(Model):
    """How many worker processes, and how many jobs each holds at a time."""

    count: int = Field(1, ge=0, le=200)
    concurrency: int = Field(8, ge=1, le=10_000)


class Load(Model):
    """Producers that enqueue jobs, and workers that execute them."""

    jobs: int = Field(ge=1, le=100_000_000)
    rate: Rate | Literal["max"]
    producers: int = Field(1, ge=1, le=100)
    workers: Workers = Workers()
    job: Job = Job()
    enqueued_twice: Share = 0.02
    in_flight: int = Field(64, ge=1, le=10_000, description="calls under way at once per producer at rate max")


class Tolerance(Model):
    """What an answer must be like. At least one bound; all of them must hold."""

    equals: bool | str | float | None = None
    at_least: float | None = None
    at_most: float | None = None


class HypothesisSpec(Model):
    """A probe with a tolerance and the windows in which it must hold. Each probe adds its own options."""

    probe: str
    name: str | None = None
    hold: tuple[Window, ...] = (Window.BASELINE, Window.AFTER)


class AtTime(Model):
    """A moment of the load, in seconds from its start."""

    seconds: float


class AtJobs(Model):
    """The moment when this share of the jobs (0 to 1) has been enqueued."""

    share: float


class FaultSpec(Model):
    """One change made to a running system. Each fault adds its own options."""

    fault: str
    name: str | None = None
    target: str
    at: AtTime | AtJobs


class Bound(Model):
    """How many jobs a finding may have."""

    at_most: int = Field(ge=0)


class Recovery(Model):
    """How fast the system must be itself again. See docs/checks.md for what each time counts from."""

    ready_s: Duration | None = Field(None, alias="ready")
    first_completion_s: Duration | None = Field(None, alias="first-completion")
    drained_s: Duration | None = Field(None, alias="drained")


class Drain(Model):
    """How long to wait for the queue to come to rest."""

    stalled_after_s: Duration | None = Field(None, alias="stalled-after")
    at_most_s: Duration = Field(600.0, alias="at-most")


class Evidence(Model):
    """What a run must have seen before it may pass."""

    acknowledged: Share = 0.9


class Verify(Model):
    """What must hold once the run is over."""

    guarantee: Guarantee = Guarantee.AT_LEAST_ONCE
    loss: int = Field(0, ge=0)
    duplication: int = Field(0, ge=0)
    integrity: int = Field(0, ge=0)
    overlap: Literal["forbid", "allow"] = "forbid"
    bounds: dict[str, Bound] = {}
    recovery: Recovery = Recovery()
    drain: Drain = Drain()
    evidence: Evidence = Evidence()


class Experiment(Model):
    """One experiment file."""

    title: Annotated[str, Field(min_length=1)]
    description: str | None = None
    seed: int | None = Field(None, ge=0, lt=2**63)
    system: SerializeAsAny[SystemSpec]
    load: Load
    steady_state: tuple[SerializeAsAny[HypothesisSpec], ...] = ()
    faults: tuple[SerializeAsAny[FaultSpec], ...] = ()
    verify: Verify = Verify()
