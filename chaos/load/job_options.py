"""How a queue is asked to treat the jobs of a load."""

from __future__ import annotations

from chaos.load.plan import JobPlan
from chaos.wire import reseolio_pb2 as pb


def job_options(plan: JobPlan) -> pb.JobOptions:
    """The options of each job of a plan."""
    return pb.JobOptions(
        max_attempts=plan.max_attempts,
        backoff=plan.backoff,
        initial_delay_ms=round(plan.initial_delay_s * 1000),
        max_delay_ms=round(plan.max_delay_s * 1000),
        timeout_ms=round(plan.timeout_s * 1000),
    )
