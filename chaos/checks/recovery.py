"""How fast the system was itself again, from the run's events and its ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from chaos.clock import seconds_between
from chaos.ledger.story import Story

FirstCompletionAfter = Callable[[int], int | None]


@dataclass(frozen=True)
class Recovery:
    """How fast the system was itself again, in seconds; None where it never was, or nothing was broken.

    Attributes:
        ready_s: From the start of the broken component's new process until it answered (the slowest, if several).
        first_completion_s: From the same moment until the next job's success was acknowledged.
        drained_s: From the end of the load until no job was left that was not terminal.
    """

    ready_s: float | None
    first_completion_s: float | None
    drained_s: float | None


def recovery(
    story: Story, components: Collection[str], first_completion_after: FirstCompletionAfter
) -> Recovery:
    """The recovery times of a run.

    Args:
        story: The run's events.
        components: Those of the system under test.
        first_completion_after: The time of the first acknowledged success at or after a time, both in ns.
    """
    restarts = story.restarts(components)
    ready = [seconds_between(up.time_ns, answer.time_ns) for up, answer in restarts if answer is not None]
    completions = [
        seconds_between(up.time_ns, completion)
        for up, _ in restarts
        if (completion := first_completion_after(up.time_ns)) is not None
    ]
    return Recovery(
        ready_s=_slowest(ready) if len(ready) == len(restarts) else None,
        first_completion_s=_slowest(completions) if len(completions) == len(restarts) else None,
        drained_s=_drained_s(story),
    )


def _slowest(times_s: list[float]) -> float | None:
    return round(max(times_s), 4) if times_s else None


def _drained_s(story: Story) -> float | None:
    load_end_ns = story.phase_ns("heal")
    if load_end_ns is None or story.drain is None or story.drain.how != "drained":
        return None
    return round(seconds_between(load_end_ns, story.drain.time_ns), 4)
