"""Waiting until the queue has come to rest, seen by two witnesses: the ledger, and the system's own queue depth."""

from __future__ import annotations

import asyncio
from typing import Protocol

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import Experiment
from chaos.ledger.events import DrainEnded
from chaos.runner.live import LiveCounts

_ASK_EVERY_S = 0.1
_ASKING_SHARE = 0.1
_MARGIN_S = 3.0
_MANY_JOBS = 10_000
_QUIET_S = 1.0


class Queue(Protocol):
    """What the drain asks of the system."""

    async def depth(self) -> int | None:
        """Jobs that are not terminal; None where the system does not answer."""
        ...

    async def next_due_in_s(self) -> float | None:
        """Seconds until the next waiting job is due; None where none waits for a time."""
        ...


def stalled_after_s(experiment: Experiment) -> float:
    """How long nothing may happen before the queue counts as stalled.

    By default a job's timeout and the longest wait before a retry, with a margin: by then everything that the queue
    means to do again, it has begun.
    """
    chosen = experiment.verify.drain.stalled_after_s
    job = experiment.load.job
    return chosen if chosen is not None else job.timeout_s + job.max_delay_s + _MARGIN_S


async def drain(queue: Queue, live: LiveCounts, *, stalled_after_s: float, at_most_s: float) -> DrainEnded:
    """Wait until no job is left that is not terminal.

    The deadline counts from the last progress that either witness saw, or from the time when the next
    waiting job is due, under one absolute limit. A long queue is slow to count, and counting slows it down: so asking
    takes at most a tenth of the time, and while the ledger sees many jobs left and more of them done by the second,
    the system is not asked at all.

    Args:
        queue: The system's own account.
        live: The ledger's account.
        stalled_after_s: How long nothing may happen.
        at_most_s: The limit for all of it.
    """
    began_ns = progress_ns = now_ns()
    lowest: int | None = None
    while True:
        if _surely_goes_on(live) and seconds_between(began_ns, now_ns()) <= at_most_s:
            await asyncio.sleep(_ASK_EVERY_S)
            continue
        asked_ns = now_ns()
        depth = await queue.depth()
        asking_s = seconds_between(asked_ns, now_ns())
        live.refresh()
        if depth is not None and (lowest is None or depth < lowest):
            lowest, progress_ns = depth, now_ns()
        progress_ns = max(progress_ns, live.last_progress_ns)
        under_way = live.in_flight()
        if depth == 0 and under_way.executions == 0 and under_way.acks == 0:
            return _ended("drained", live, depth)
        if seconds_between(began_ns, now_ns()) > at_most_s:
            return _ended("out-of-time", live, depth)
        if seconds_between(progress_ns, now_ns()) > stalled_after_s:
            due_in_s = await queue.next_due_in_s()
            if due_in_s is None or due_in_s < -stalled_after_s:
                return _ended("stalled", live, depth)
        left_s = at_most_s - seconds_between(began_ns, now_ns())
        await asyncio.sleep(max(_ASK_EVERY_S, min(asking_s / _ASKING_SHARE, left_s)))


def _surely_goes_on(live: LiveCounts) -> bool:
    """Whether the ledger alone says that the queue is long, and moves."""
    live.refresh()
    moves = seconds_between(live.last_progress_ns, now_ns()) < _QUIET_S
    return moves and live.unsettled_jobs > _MANY_JOBS


def _ended(how: str, live: LiveCounts, depth: int | None) -> DrainEnded:
    return DrainEnded(time_ns=now_ns(), how=how, unsettled_by_ledger=live.unsettled_jobs, queue_depth=depth)
