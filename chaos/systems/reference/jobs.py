"""What the queue knows about a job, as typed values, and why it may refuse a request."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Final, NamedTuple

from chaos.clock import now_ns


class JobState(IntEnum):
    """A job's state, with the numbers of the wire contract. FAILED is never used: a failed job is PENDING or DEAD."""

    PENDING = 1
    RUNNING = 2
    SUCCESS = 3
    FAILED = 4
    DEAD = 5
    CANCELLED = 6


_LONGEST_NUMBER: Final = 18  # digits that are sure to fit SQLite's 64 bits

OPEN_STATES = (JobState.PENDING, JobState.RUNNING)


class Backoff(StrEnum):
    """How the wait between two attempts of a job grows: the words of the wire contract."""

    FIXED = "fixed"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"


class Moment(NamedTuple):
    """One instant on two clocks.

    The queue acts on the monotonic clock alone, so setting the wall clock neither ends a lease nor delays a retry.
    Wall time is what people and the wire are told.
    """

    now_ms: int
    wall_ms: int

    @classmethod
    def current(cls) -> Moment:
        """This instant."""
        return cls(now_ns() // 1_000_000, time.time_ns() // 1_000_000)


@dataclass(frozen=True, slots=True)
class Options:
    """How a job is to be retried and for how long it may run; defaults as in the wire contract."""

    max_attempts: int = 3
    backoff: Backoff = Backoff.EXPONENTIAL
    initial_delay_ms: int = 1_000
    max_delay_ms: int = 60_000
    timeout_ms: int = 30_000
    jitter: float = 0.1


class NewJob(NamedTuple):
    """A job as it was asked for. `key` is None where no idempotency key was given."""

    name: str
    args: bytes
    key: str | None
    options: Options


class Enqueued(NamedTuple):
    """The job that an enqueue led to, and whether it was there before under the same key."""

    seq: int
    deduplicated: bool


class LiveJob(NamedTuple):
    """What decides about a job that is acknowledged, cancelled, retried or taken back.

    Attributes:
        seq: The job's number in this database, from 1.
        name: What kind of job it is.
        state: Its state.
        attempt: How often it was handed out; the number of its current or last attempt.
        attempts_before: Attempts that a retry by hand has written off.
        worker: Who its current or last attempt was handed to; None where that attempt came to nothing.
    """

    seq: int
    name: str
    state: int
    attempt: int
    attempts_before: int
    worker: str | None
    options: Options

    @property
    def is_exhausted(self) -> bool:
        """Whether no attempt is left to it."""
        return self.attempt - self.attempts_before >= self.options.max_attempts


class DueJob(NamedTuple):
    """A pending job that a worker may be given. `attempt` is the one it would be handed out as."""

    seq: int
    name: str
    args: bytes
    attempt: int
    max_attempts: int
    timeout_ms: int
    created_at: int
    scheduled_at: int


class SeenJob(NamedTuple):
    """A job as it is told to those who look. Times are Unix milliseconds, 0 where there is none."""

    seq: int
    name: str
    args: bytes
    attempt: int
    state: int
    error: str
    result: bytes
    created_at: int
    scheduled_at: int
    started_at: int
    completed_at: int
    max_attempts: int
    timeout_ms: int


class Ack(NamedTuple):
    """How a worker says an attempt ended. Without `worker` or `attempt`, any current attempt is meant."""

    seq: int
    success: bool
    should_retry: bool
    error: str
    result: bytes
    worker: str | None = None
    attempt: int | None = None


class Acked(NamedTuple):
    """What an ack did: the state it put the job in and, if it runs again, as which attempt and when (Unix ms)."""

    state: int
    next_attempt: int = 0
    next_run_at: int = 0


class Reason(Enum):
    """Why a request is refused."""

    INVALID = "invalid"
    NOT_FOUND = "not found"
    EXISTS = "exists"
    STALE = "stale"
    REPLACED = "replaced"
    FULL = "full"
    UNAVAILABLE = "unavailable"


class Refused(Exception):
    """A request is not carried out. For every reason but UNAVAILABLE that is certain."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def job_id(seq: int, token: str) -> str:
    """The id of a job: the token of its database and its number in it."""
    return f"{token}-{seq}"


def job_number(text: str, token: str) -> int:
    """The number of the job that has this id.

    Raises:
        Refused: The id is not one of this database.
    """
    prefix, _, number = text.rpartition("-")
    if prefix != token or not (number.isascii() and number.isdigit()) or len(number) > _LONGEST_NUMBER:
        raise Refused(Reason.NOT_FOUND, f"no job has the id {text!r}")
    return int(number)
