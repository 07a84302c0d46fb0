"""In which order a producer enqueues, and when each enqueue is due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final, NamedTuple

from chaos.chance import draw, happens
from chaos.load.plan import ProducerPlan

FURTHEST_COPY: Final = 1000
"""How many jobs of its producer a copy may come after its original, at most."""

_ORIGINAL: Final = 0
_COPY: Final = 1


class Arrival(NamedTuple):
    """One enqueue.

    Attributes:
        slot: The job whose time it shares: its own number, or for a copy that of a later job.
        job: The job's number.
        copy: 1 if the job is enqueued a second time, on purpose; else 0.
    """

    slot: int
    job: int
    copy: int


def arrivals(plan: ProducerPlan) -> Iterator[Arrival]:
    """All enqueues of a producer in their order, which the seed alone decides.

    Of the copies that `enqueued_twice` asks for, half come right with their original and race it; the others come 1 to
    `FURTHEST_COPY` jobs of this producer later (near and far alike: evenly in the logarithm), when the original may be
    waiting, executing or done. Copies whose place lies behind the last job come with that.
    """
    copies: list[tuple[int, int]] = []
    last = plan.first
    for job, copy in _calls(plan):
        last = job
        yield Arrival(job, job, copy)
        if copy == _ORIGINAL and happens(plan.enqueued_twice, plan.seed, "enqueued-twice", job):
            heapq.heappush(copies, (job + _gap(plan.seed, job) * plan.step, job))
        while copies and copies[0][0] <= job:
            yield Arrival(job, heapq.heappop(copies)[1], _COPY)
    while copies:
        yield Arrival(last, heapq.heappop(copies)[1], _COPY)


def _calls(plan: ProducerPlan) -> Iterator[tuple[int, int]]:
    """The enqueues that are due at their job's own time: of each job its first caller's, and those of the others.

    Caller `c` of the `n`-th job is producer `n + c`, counted round. So the callers of one job are as many producers as
    there are, at the same time.
    """
    producers = plan.step // plan.jobs_a_head
    mine = plan.first // plan.jobs_a_head % producers
    if plan.callers == 1:
        yield from ((job, _ORIGINAL) for job in range(plan.first, plan.jobs, plan.step))
        return
    for job in range(plan.first - mine * plan.jobs_a_head, plan.jobs, plan.jobs_a_head):
        for caller in range(plan.callers):
            if (job // plan.jobs_a_head + caller) % producers == mine:
                yield job, _COPY if caller else _ORIGINAL


def _gap(seed: int, job: int) -> int:
    """After how many further jobs the copy of this one comes."""
    place = draw(seed, "place-of-copy", job)
    return 0 if place < 0.5 else int(FURTHEST_COPY ** (2 * place - 1))


def due_ns(arrival: Arrival, start_ns: int, rate_per_s: float, burst: int = 1) -> int:
    """When an enqueue is due, if the load begins at `start_ns`: the n-th job comes n / rate after it.

    Args:
        arrival: The enqueue.
        start_ns: When the load begins.
        rate_per_s: Jobs a second.
        burst: How many jobs come together, at the time of the first of them.
    """
    return start_ns + round(arrival.slot // burst * burst * 1e9 / rate_per_s)
