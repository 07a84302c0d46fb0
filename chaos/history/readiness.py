"""Which tier of readiness a system has reached, by the runs that are kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chaos.experiment.variant import Variant, system_in_words
from chaos.history.criteria import CRITERIA, Answer, Criterion, Tier
from chaos.history.results import KeptResults

_Told = tuple[KeptResults, Answer]


class Standing(StrEnum):
    """How a line stands."""

    PROVEN = "proven"
    REFUTED = "refuted"
    OLD = "old"
    MISSING = "missing"


@dataclass(frozen=True)
class Line:
    """How one line of a tier stands.

    Attributes:
        criterion: The line.
        standing: `old` where the only proof is too old, or of another version: it does not count.
        run: The run that proves or refutes it; None where none does.
        why: What it shows, or why its proof does not count.
        refuted: Of the runs of this version that put it to the test, those that refuted it.
        asked: How many of them there are.
        commands: What would prove it, in this order.
    """

    criterion: Criterion
    standing: Standing
    run: KeptResults | None
    why: str
    refuted: int
    asked: int
    commands: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for other programs."""
        return {
            "tier": self.criterion.tier,
            "line": self.criterion.line,
            "standing": self.standing,
            "run": self.run.run if self.run else None,
            "run_started_at": self.run.started_at.isoformat() if self.run else None,
            "why": self.why,
            "refuted_runs": self.refuted,
            "asked_runs": self.asked,
            "commands": list(self.commands),
        }


@dataclass(frozen=True)
class Readiness:
    """How ready a system is.

    Attributes:
        system: Its name.
        variant: The variant of it that this is about; None: that of the runs that don't tell theirs.
        version: The version that this is about: that of its newest run; None if there is no run.
        lines: Every line, in the order of the tiers.
        broken: The newest runs of their experiments that lost or repeated jobs, of this version, whatever tier they
            speak of.
    """

    system: str
    variant: Variant | None
    version: str | None
    lines: tuple[Line, ...]
    broken: tuple[KeptResults, ...]

    @property
    def in_words(self) -> str:
        """What this is about."""
        return system_in_words(f"{self.system} {self.version or ''}".strip(), self.variant)

    @property
    def tier(self) -> Tier | None:
        """The highest tier of which, and of those below which, every line is proven; None: not even the lowest."""
        reached = None
        for tier in Tier:
            if any(line.standing is not Standing.PROVEN for line in self.of(tier)):
                break
            reached = tier
        return reached

    def reaches(self, tier: Tier) -> bool:
        """Whether it has reached this tier, or a higher one."""
        order = list(Tier)
        return self.tier is not None and order.index(self.tier) >= order.index(tier)

    def of(self, tier: Tier) -> tuple[Line, ...]:
        """The lines of a tier."""
        return tuple(line for line in self.lines if line.criterion.tier is tier)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for other programs."""
        return {
            "system": self.system,
            "variant": self.variant,
            "version": self.version,
            "tier": self.tier,
            "lines": [line.to_dict() for line in self.lines],
            "lost_or_repeated_jobs": [run.run for run in self.broken],
        }


def readiness(
    system: str,
    variant: Variant | None,
    runs: Sequence[KeptResults],
    *,
    stale_after_s: float,
    now: datetime,
    criteria: Sequence[Criterion] = CRITERIA,
) -> Readiness:
    """How ready a system is.

    Args:
        system: Its name.
        variant: Which variant of it; None: that of the runs that don't tell theirs.
        runs: Kept runs, in any order; those of other systems and variants, and those that say nothing, are left out.
        stale_after_s: A proof that is older than this does not count. What was refuted stays so, however long ago.
        now: When this is asked.
        criteria: The lines.
    """
    telling = [
        run
        for run in runs
        if (run.system.name, run.system.variant) == (system, variant) and run.says_something
    ]
    telling.sort(key=lambda run: run.started_at, reverse=True)
    version = next((run.system.version for run in telling if run.system.version != _UNTOLD), None)
    return Readiness(
        system,
        variant,
        version,
        tuple(
            _line(criterion, criterion.commands(system, variant or {}), version, telling, stale_after_s, now)
            for criterion in criteria
        ),
        tuple(_broken(telling, version)),
    )


_UNTOLD = "unknown"
"""The version in the results of a run that ended before the system could tell it."""


def _line(
    criterion: Criterion,
    commands: tuple[str, ...],
    version: str | None,
    runs: Sequence[KeptResults],
    stale_after_s: float,
    now: datetime,
) -> Line:
    of_version = [run for run in runs if run.system.version == version]
    told = _told(criterion, of_version)
    refuted = sum(not answer.holds for _, answer in told)
    newest = told[0] if told else None
    if newest is None:
        standing, run, why = _before(criterion, [run for run in runs if run.system.version != version])
    elif not newest[1].holds:
        standing, (run, why) = Standing.REFUTED, (newest[0], newest[1].why)
    elif (age_s := (now - newest[0].started_at).total_seconds()) > stale_after_s:
        standing, run = Standing.OLD, newest[0]
        why = f"its proof is {age_s / 86_400:.0f} days old: {newest[1].why}"
    else:
        standing, (run, why) = Standing.PROVEN, (newest[0], newest[1].why)
    return Line(criterion, standing, run, why, refuted, len(told), commands)


def _told(criterion: Criterion, runs: Sequence[KeptResults]) -> list[_Told]:
    """The runs that prove or refute a line, the newest first."""
    answers = ((run, criterion.question(run, runs)) for run in runs)
    return [(run, answer) for run, answer in answers if answer is not None]


def _before(criterion: Criterion, runs: Sequence[KeptResults]) -> tuple[Standing, KeptResults | None, str]:
    """What runs of other versions say, which does not count."""
    for run, answer in _told(criterion, runs):
        if answer.holds:
            return Standing.OLD, run, f"its proof is of version {run.system.version}: {answer.why}"
    return Standing.MISSING, None, "no kept run proves it"


def _broken(runs: Sequence[KeptResults], version: str | None) -> list[KeptResults]:
    newest: dict[tuple[str, str | None], KeptResults] = {}
    for run in runs:
        if run.system.version == version:
            newest.setdefault((run.experiment.name, run.experiment.profile), run)
    return [run for run in newest.values() if run.broke_its_word]
