"""Whether the system was itself again as fast as the experiment allows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from chaos.checks.recovery import Recovery
from chaos.experiment.model import Recovery as Allowed
from chaos.ledger.story import Story
from chaos.verdict.results import ExitCode, Reason


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
