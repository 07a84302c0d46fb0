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

    Of the copies, half come right with their original and race it; the others come 1 to `FURTHEST_COPY`
    jobs of this producer later (near and far alike: evenly in the logarithm), when the original may be
    waiting, executing or done. Copies whose place lies behind the last job come with that.
    """
    copies: list[tuple[int, int]] = []
    last = plan.first
    for job in range(plan.first, plan.jobs, plan.step):
        last = job
        yield Arrival(job, job, _ORIGINAL)
        if happens(plan.enqueued_twice, plan.seed, "enqueued-twice", job):
            heapq.heappush(copies, (job + _gap(plan.seed, job) * plan.step, job))
        while copies and copies[0][0] <= job:
            yield Arrival(job, heapq.heappop(copies)[1], _COPY)
    while copies:
        yield Arrival(last, heapq.heappop(copies)[1], _COPY)


def _gap(seed: int, job: int) -> int:
    """After how many further jobs the copy of this one comes."""
    place = draw(seed, "place-of-copy", job)
    return 0 if place < 0.5 else int(FURTHEST_COPY ** (2 * place - 1))


def due_ns(arrival: Arrival, start_ns: int, rate_per_s: float) -> int:
    """When an enqueue is due, if the load begins at `start_ns`: the n-th job comes n / rate after it."""
    return start_ns + round(arrival.slot * 1e9 / rate_per_s)
