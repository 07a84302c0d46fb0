"""One time at which a schedule was due, and what became of it: a state machine whose states are outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from chaos.processes.identity import ProcessIdentity


class Cause(StrEnum):
    """Why it was due."""

    SCHEDULED = "scheduled"
    TRIGGERED = "triggered"


class Outcome(StrEnum):
    """What became of one due time."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    TOOLKIT_FAILED = "toolkit-failed"
    MISSED = "missed"
    SKIPPED = "skipped"
    PAUSED = "paused"
    BLACKED_OUT = "blacked-out"
    HALTED = "halted"


GOING = (Outcome.WAITING, Outcome.RUNNING)
"""It is not over."""
ENDED = (
    Outcome.PASSED,
    Outcome.FAILED,
    Outcome.INCONCLUSIVE,
    Outcome.REFUSED,
    Outcome.INTERRUPTED,
    Outcome.TOOLKIT_FAILED,
)
"""It began, and is over."""
DECIDED = (Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE)
"""It is over, and has a verdict."""
NOT_BEGUN = (Outcome.MISSED, Outcome.SKIPPED, Outcome.PAUSED, Outcome.BLACKED_OUT, Outcome.HALTED)
"""It never began, and never will."""
NEXT: Mapping[Outcome, tuple[Outcome, ...]] = MappingProxyType(
    {Outcome.WAITING: (Outcome.RUNNING, *NOT_BEGUN), Outcome.RUNNING: (*ENDED, Outcome.HALTED)}
)
"""Which outcome may become which; those that are not named are final."""

_BY_EXIT_CODE: Mapping[int, Outcome] = MappingProxyType(
    {  # as numbers: whoever imports `ExitCode` imports everything that judges a run, and the service is to stay small
        0: Outcome.PASSED,
        1: Outcome.FAILED,
        2: Outcome.REFUSED,
        3: Outcome.INCONCLUSIVE,
        4: Outcome.INTERRUPTED,
    }
)


def outcome_of_exit(code: int) -> Outcome:
    """What the exit code of `chaos run` says, below 0 by a signal; what it never says is the toolkit's own failure."""
    if code < 0:
        return Outcome.INTERRUPTED
    return _BY_EXIT_CODE.get(code, Outcome.TOOLKIT_FAILED)


@dataclass(frozen=True)
class Occurrence:
    """One due time of a schedule.

    Attributes:
        schedule: The schedule's name.
        due: When it was due.
        cause: Why.
        outcome: What became of it so far.
        why: The reason, for people; empty where the outcome says it all.
        began: When its process was started.
        ended: When that was over.
        process: The process.
        runs: The names of its runs, once they are known.
    """

    schedule: str
    due: datetime
    cause: Cause
    outcome: Outcome
    why: str = ""
    began: datetime | None = None
    ended: datetime | None = None
    process: ProcessIdentity | None = None
    runs: tuple[str, ...] = ()

    def __str__(self) -> str:
        because = f" ({self.why})" if self.why else ""
        return f"{self.schedule}, due {self.due:%Y-%m-%d %H:%M:%S} UTC: {self.outcome}{because}"
