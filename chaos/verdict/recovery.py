"""Whether the system was itself again as fast as the experiment allows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from chaos.checks.recovery import Recovery
from chaos.experiment.model import Recovery as Allowed
from chaos.ledger.story import Story
from chaos.verdict.results import ExitCode, Reason


@dataclass(frozen=True)
class RecoveryResult:
    """One of the recovery times that the experiment bounds.

    Attributes:
        name: `ready`, `first completion` or `drained`.
        time_s: How long it took; None if it never came.
        allowed_s: How long it may take.
    """

    name: str
    time_s: float | None
    allowed_s: float

    @property
    def held(self) -> bool:
        """Whether it was in time."""
        return self.time_s is not None and self.time_s <= self.allowed_s

    @property
    def shown(self) -> str:
        """What came of it, in words."""
        return f"never {self.name}" if self.time_s is None else f"{self.name} after {self.time_s:.2f} s"


def recovery_results(
    measured: Recovery, allowed: Allowed, story: Story, components: Collection[str]
) -> Iterator[RecoveryResult]:
    """What became of each time that is bounded, of those that there was something to recover from."""
    restarted = bool(story.restarts(components))
    rows = (
        ("ready", measured.ready_s, allowed.ready_s, restarted),
        ("first completion", measured.first_completion_s, allowed.first_completion_s, restarted),
        ("drained", measured.drained_s, allowed.drained_s, story.drain is not None),
    )
    for name, time_s, allowed_s, was_asked in rows:
        if allowed_s is not None and was_asked:
            yield RecoveryResult(name, time_s, allowed_s)


def recovery_reasons(
    measured: Recovery, allowed: Allowed, story: Story, components: Collection[str]
) -> Iterator[Reason]:
    """What took too long, or never came."""
    for result in recovery_results(measured, allowed, story, components):
        if not result.held:
            allowed_s = f"{result.allowed_s:g} s were allowed"
            yield Reason(ExitCode.FAILED, f"recovery: {result.shown}; {allowed_s}")
