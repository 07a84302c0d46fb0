"""Between the messages of the wire and the queue's own values. What a request gets wrong is found here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

from chaos.systems.reference.dispatch import HandOut
from chaos.systems.reference.jobs import (
    Ack,
    Acked,
    Backoff,
    JobState,
    NewJob,
    Options,
    Reason,
    Refused,
    SeenJob,
    job_id,
    job_number,
)
from chaos.systems.reference.reader import MOST_LISTED, ORDERS, Query
from chaos.wire import reseolio_pb2 as pb

_DEFAULT: Final = Options()
_DEFAULT_LISTED: Final = 100


def new_job(request: pb.EnqueueRequest) -> NewJob:
    """The job that an enqueue asks for.

    Raises:
        Refused: It has no name, or an option that makes no sense.
    """
    if not request.name:
        raise _invalid("a job needs a name")
    return NewJob(request.name, request.args, request.idempotency_key or None, options(request.options))


def options(asked: pb.JobOptions) -> Options:
    """How a job is to be treated, with the defaults for what is left out.

    Raises:
        Refused: An option makes no sense.
    """
    for field in ("max_attempts", "initial_delay_ms", "max_delay_ms", "timeout_ms"):
        if getattr(asked, field) < 0:
            raise _invalid(f"options.{field} is {getattr(asked, field)}: it must be 0 (the default) or more")
    if not 0.0 <= asked.jitter <= 1.0:
        raise _invalid(f"options.jitter is {asked.jitter}: it must be from 0 (the default) to 1")
    if asked.backoff and asked.backoff not in set(Backoff):
        raise _invalid(f"options.backoff is {asked.backoff!r}: it must be one of {', '.join(Backoff)}")
    return Options(
        max_attempts=asked.max_attempts or _DEFAULT.max_attempts,
        backoff=Backoff(asked.backoff or _DEFAULT.backoff),
        initial_delay_ms=asked.initial_delay_ms or _DEFAULT.initial_delay_ms,
        max_delay_ms=asked.max_delay_ms or _DEFAULT.max_delay_ms,
        timeout_ms=asked.timeout_ms or _DEFAULT.timeout_ms,
        jitter=asked.jitter or _DEFAULT.jitter,
    )


def ack(request: pb.AckRequest, token: str, metadata: Iterable[tuple[str, str | bytes]] | None) -> Ack:
    """What an ack says, and in its metadata `worker-id` and `attempt`, of which attempt by whom.

    Raises:
        Refused: It says no result, or an attempt that is not a number, or names no job of this database.
    """
    if not request.HasField("result"):
        raise _invalid("an ack needs a result")
    worker: str | None = None
    attempt: int | None = None
    for key, value in metadata or ():
        if key == "worker-id":
            worker = str(value)
        elif key == "attempt":
            attempt = _attempt(str(value))
    result = request.result
    seq = job_number(request.job_id, token)
    return Ack(seq, result.success, result.should_retry, result.error, result.return_value, worker, attempt)


def _attempt(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise _invalid(f"the metadata say attempt {text!r}: it must be a number")
    return int(text)


def concurrency(request: pb.PollRequest) -> int:
    """How many jobs a worker takes at once; 0: none for now.

    Raises:
        Refused: It is negative.
    """
    if request.concurrency < 0:
        raise _invalid(f"concurrency is {request.concurrency}: it must be 0 (none for now) or more")
    return request.concurrency


def query(request: pb.ListJobsRequest) -> Query:
    """Which jobs a list asks for.

    Raises:
        Refused: It has a negative limit or offset, or an order that is not known.
    """
    if request.limit < 0 or request.offset < 0:
        raise _invalid("limit and offset must be 0 or more")
    order = request.order_by or "created_at"
    if order not in ORDERS:
        raise _invalid(f"order_by is {order!r}: it must be one of {', '.join(ORDERS)}")
    return Query(
        states=tuple(sorted(set(request.statuses))),
        names=tuple(sorted(set(request.names))),
        limit=min(request.limit or _DEFAULT_LISTED, MOST_LISTED),
        offset=request.offset,
        order=order,
        ascending=request.ascending,
    )


def acked(answer: Acked) -> pb.AckResponse:
    """The answer to an ack."""
    return pb.AckResponse(
        new_status=_status(answer.state), next_attempt=answer.next_attempt, next_run_at=answer.next_run_at
    )


def handed_out(hand_out: HandOut, token: str) -> pb.Job:
    """A job as its worker is sent it."""
    job = hand_out.job
    return pb.Job(
        id=job_id(job.seq, token),
        name=job.name,
        args=job.args,
        attempt=job.attempt,
        deadline_ms=hand_out.started_at + job.timeout_ms,
        status=pb.JOB_STATUS_RUNNING,
        created_at=job.created_at,
        scheduled_at=job.scheduled_at,
        started_at=hand_out.started_at,
        max_attempts=job.max_attempts,
    )


def seen(job: SeenJob, token: str) -> pb.Job:
    """A job as those who look are told it. It has a deadline while it runs."""
    return pb.Job(
        id=job_id(job.seq, token),
        name=job.name,
        args=job.args,
        attempt=job.attempt,
        deadline_ms=job.started_at + job.timeout_ms if job.state == JobState.RUNNING else 0,
        status=_status(job.state),
        error=job.error,
        result=job.result,
        created_at=job.created_at,
        scheduled_at=job.scheduled_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        max_attempts=job.max_attempts,
    )


def completion(text: str, job: SeenJob | None) -> pb.JobCompletion:
    """How the job of this id ended; one that nobody knows has no status and an error that says so."""
    if job is None:
        return pb.JobCompletion(job_id=text, error="no job has this id")
    return pb.JobCompletion(job_id=text, status=_status(job.state), result=job.result, error=job.error)


def _status(state: int) -> pb.JobStatus:
    return cast("pb.JobStatus", state)


def _invalid(message: str) -> Refused:
    return Refused(Reason.INVALID, message)
