"""What a load process is told, and how it talks to the runner.

Each is started as `python -m chaos.load.producer` (or `worker`, `operator`, `reader`). It reads one line of JSON from
its standard input, its plan; then one command a line:

    go START_NS     the load begins at this time of the machine's monotonic clock (producers wait for it)
    stop            finish what is under way, then exit
    (end of file)   the runner is gone: exit at once

It writes one line each to its standard output: `ready` when its ledger file is open and, for the first incarnation
of a worker, it is registered with the core; `done JSON` (see `chaos.load.summary`) when it has nothing left to send,
and then it stays, and may go on listening, until it is told to stop, and exits with 0; `failed TEXT` when it can't go
on (its ledger can't be written, say), and then it exits with 5. Its standard error is its log.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class ProcessPlan:
    """What every load process is told.

    Attributes:
        run: The run's name; part of payloads and idempotency keys.
        seed: The run's seed.
        component: `producer-1`, `worker-3`, `reader`.
        incarnation: Which start of this component this is, from 1.
        ledger: Directory of the run's ledger.
        address: `host:port` of the core to talk to.
        fsync: Whether each ledger record is forced to the disk.
    """

    run: str
    seed: int
    component: str
    incarnation: int
    ledger: str
    address: str
    fsync: bool = False

    def to_json(self) -> str:
        """The plan as one line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The plan that `to_json` wrote."""
        return cls(**json.loads(line))


@dataclass(frozen=True, kw_only=True)
class JobPlan(ProcessPlan):
    """What whoever enqueues or executes jobs is told of them; most of it follows the wire contract's `JobOptions`.

    Attributes:
        job_name: What the jobs are called that a producer enqueues, or a worker executes.
        payload_bytes: The size of a payload.
        timeout_s: How long an execution may take: an ack is retried no longer than this after its job was received.
    """

    job_name: str
    payload_bytes: int
    max_attempts: int
    timeout_s: float
    backoff: str
    initial_delay_s: float
    max_delay_s: float


@dataclass(frozen=True, kw_only=True)
class ProducerPlan(JobPlan):
    """A producer enqueues the jobs `first, first + step, …` below `jobs`.

    Attributes:
        rate_per_s: Arrivals a second over all producers, so job `n` is due `n / rate_per_s` after the
            start; None: as fast as `in_flight` calls at once allow.
        burst: How many jobs are due at once; the rate holds on average.
        callers: How many enqueues of one job are due at its time, from different producers by turns.
        jobs_a_head: How many job numbers one enqueue stands for: 1, or those of a head and its steps.
        enqueued_twice: Share of the keys enqueued a second time on purpose.
        give_up_after_s: How long after a job was due its enqueue is retried before it is left as it stands.
        cancel_share: Share of the jobs that are cancelled some time after their enqueue.
        subscribe_share: Share of the jobs whose end is heard of over SubscribeToJobs.
    """

    jobs: int
    first: int
    step: int
    rate_per_s: float | None
    in_flight: int
    enqueued_twice: float
    give_up_after_s: float
    burst: int = 1
    callers: int = 1
    jobs_a_head: int = 1
    cancel_share: float = 0.0
    subscribe_share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class WorkerPlan(JobPlan):
    """A worker executes jobs of one name, and what schedules fire, `concurrency` at a time.

    Attributes:
        duration_s: How long an execution takes.
        slow_share: Share of the jobs that take longer, drawn from (seed, job).
        slow_at_least_s, slow_at_most_s: Between which times, drawn from (seed, job).
        failure_rate: Share of executions that fail, drawn from (seed, job, attempt).
        fired: The names of the jobs that schedules fire, which it executes as well.
        steps: How many jobs each of its jobs enqueues and awaits: those whose numbers follow its own.
        step_name: What these are called.
    """

    concurrency: int
    duration_s: float
    failure_rate: float
    slow_share: float = 0.0
    slow_at_least_s: float = 0.0
    slow_at_most_s: float = 0.0
    steps: int = 0
    step_name: str = ""
    fired: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the jobs that it executes."""
        return (self.job_name, *self.fired)


@dataclass(frozen=True, kw_only=True)
class OperatorPlan(JobPlan):
    """The operator lets dead jobs of one name run again, each once, and keeps schedules that fire such jobs.

    Attributes:
        jobs: How many jobs the load has: what bears a higher number is none of them, and is left alone.
        retries_dead: Whether it lets dead jobs run again.
        schedules: How many schedules it keeps.
        crons: The cron expressions that they have by turns.
        timezone: The time zone of these.
        created_at_once: How often each is created at the same time.
        changes: How often each is changed at most.
        change_every_s: The time between two changes of one.
    """

    jobs: int
    retries_dead: bool
    schedules: int = 0
    crons: tuple[str, ...] = ()
    timezone: str = "UTC"
    created_at_once: int = 1
    changes: int = 0
    change_every_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ReaderPlan(ProcessPlan):
    """The reader asks for the final state of every job with a known id, and looks for the others.

    Attributes:
        step_name: What the steps of workflows are called; empty: there are none.
        in_flight: Calls at once.
        lists: Whether the system can list jobs; used to find jobs whose enqueue was left open.
        deadline_s: How long the reading may take.
        schedules: How many schedules there were, whose fires are to be listed.
    """

    job_name: str
    in_flight: int
    lists: bool
    deadline_s: float
    step_name: str = ""
    schedules: int = 0


def schedule_name(job_name: str, number: int) -> str:
    """What the schedule of this number is called, and each job that it fires."""
    return f"{job_name}-schedule-{number}"
