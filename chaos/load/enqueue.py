"""One try to enqueue a job, with its records: what it takes to know afterwards what came of it."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from chaos.ledger.writer import LedgerWriter
from chaos.load.client import RefusedError, UnansweredError
from chaos.load.job_options import job_options
from chaos.load.payload import make_payload
from chaos.load.plan import JobPlan
from chaos.wire import reseolio_pb2 as pb


@dataclass(frozen=True)
class Try:
    """A try to enqueue a job.

    Attributes:
        job: The job's number.
        copy: 1 if the job is enqueued once more on purpose, else 0.
        number: Which try it is, from 1.
        due_ns: When the job was due.
        serial: The number of this call in its process.
    """

    job: int
    copy: int
    number: int
    due_ns: int
    serial: int


async def recorded(
    ledger: LedgerWriter, attempt: Try, call: Awaitable[pb.EnqueueResponse]
) -> pb.EnqueueResponse | None:
    """Make the call between its records: the intent before it begins, and then what came of it.

    Args:
        ledger: Takes the records.
        attempt: Which try this is.
        call: The call; nothing leaves before it is awaited.

    Returns:
        The answer; None if it is open whether the enqueue took effect.

    Raises:
        RefusedError: The system said no, for certain.
        LedgerWriteFailed: The ledger can't be written.
    """
    ledger.enqueue_intended(attempt.job, attempt.copy, attempt.number, attempt.due_ns, attempt.serial)
    try:
        response = await call
    except RefusedError as error:
        ledger.enqueue_refused(attempt.job, error.code, attempt.number, attempt.serial)
        raise
    except UnansweredError as error:
        ledger.enqueue_unknown(attempt.job, error.code, attempt.number, attempt.serial)
        return None
    ledger.enqueue_acknowledged(
        attempt.job, response.deduplicated, attempt.number, response.job_id, attempt.serial
    )
    return response


def enqueue_request(plan: JobPlan, name: str, job: int) -> pb.EnqueueRequest:
    """What enqueues a job: its payload, its options, and the key that it has in its run.

    Args:
        plan: What the run's jobs are like.
        name: What the job is called.
        job: Its number.
    """
    return pb.EnqueueRequest(
        name=name,
        args=make_payload(plan.run, job, plan.payload_bytes),
        options=job_options(plan),
        idempotency_key=f"{plan.run}:{job}",
    )
