"""Which jobs take longer than the others, and how long: drawn from the seed and the job's number alone."""

from __future__ import annotations

from chaos.chance import draw, happens
from chaos.load.plan import WorkerPlan


def is_slow(share: float, seed: int, job: int) -> bool:
    """Whether a job is one of this share that take longer."""
    return happens(share, seed, "slow-job", job)


def execution_s(plan: WorkerPlan, job: int) -> float:
    """How long an execution of this job takes, in seconds."""
    if not is_slow(plan.slow_share, plan.seed, job):
        return plan.duration_s
    spread_s = plan.slow_at_most_s - plan.slow_at_least_s
    return plan.slow_at_least_s + spread_s * draw(plan.seed, "slow-duration", job)
