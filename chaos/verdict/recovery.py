"""How fast the system was itself again, against what the experiment allows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from chaos.clock import seconds_between
from chaos.experiment.model import Recovery as Allowed
from chaos.verdict.results import ExitCode, Reason, Recovery
from chaos.verdict.story import Story

FirstCompletionAfter = Callable[[int], int | None]


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


def recovery_reasons(
    measured: Recovery, allowed: Allowed, story: Story, components: Collection[str]
) -> Iterator[Reason]:
    """What took too long, or never came."""
    restarted = bool(story.restarts(components))
    rows = (
        ("ready", measured.ready_s, allowed.ready_s, restarted),
        ("first completion", measured.first_completion_s, allowed.first_completion_s, restarted),
        ("drained", measured.drained_s, allowed.drained_s, story.drain is not None),
    )
    for name, time_s, allowed_s, was_asked in rows:
        if allowed_s is None or not was_asked:
            continue
        if time_s is None:
            yield Reason(ExitCode.FAILED, f"recovery: never {name}; {allowed_s:g} s were allowed")
        elif time_s > allowed_s:
            yield Reason(
                ExitCode.FAILED, f"recovery: {name} after {time_s:.2f} s; {allowed_s:g} s were allowed"
            )
