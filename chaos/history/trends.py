"""A metric over all kept runs: a series for each experiment, profile, variant of a system and machine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from chaos.experiment.variant import Variant
from chaos.history.noise import Change, Noise, change_of, noise_of_runs, noise_of_two
from chaos.history.results import KeptResults, Measurement
from chaos.registry import unknown

FALSE_ALARMS: Final = 0.01
"""How often chance alone may mark a run."""
_WINDOW: Final = 10


class NeverMeasured(LookupError):
    """No kept run measured this; the message says what they did measure, if there are any."""


@dataclass(frozen=True)
class Point:
    """What one run measured.

    Attributes:
        change: Against the good runs before it: those alike that were not marked worse themselves.
        noise: How much of the difference to them is chance; None for the first of its kind.
    """

    run: str
    started_at: datetime
    version: str
    verdict: str
    value: float
    uncertainty: float | None
    grade: str | None
    change: Change
    noise: Noise | None


@dataclass(frozen=True)
class Series:
    """A metric over time, in runs that can be compared; the oldest first.

    Attributes:
        system: The system's name.
        variant: How it was set up and spoken to; None where the runs don't tell.
        kind: Both, in words.
    """

    metric: str
    unit: str
    experiment: str
    profile: str | None
    system: str
    variant: Variant | None
    kind: str
    machine: str
    points: tuple[Point, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for other programs."""
        values = asdict(self)
        values["points"] = [{**asdict(p), "started_at": p.started_at.isoformat()} for p in self.points]
        return values


def trends(metric: str, runs: Iterable[KeptResults], declared: float) -> list[Series]:
    """A metric over these runs, the series with the newest run first.

    Args:
        metric: Its name.
        runs: In any order; those that say nothing about a system are left out.
        declared: The share of a figure that is taken for noise where neither runs nor its own uncertainty tell.

    Raises:
        NeverMeasured: None of them measured it.
    """
    telling = sorted((run for run in runs if run.says_something), key=lambda run: run.started_at)
    if not telling:
        raise NeverMeasured(
            "none of the kept runs that are asked for has a verdict; `chaos runs` lists them all"
        )
    grouped: dict[tuple[str, str | None, str, str], list[KeptResults]] = {}
    for run in telling:
        if run.measurement(metric) is not None:
            experiment = run.experiment
            key = (experiment.name, experiment.profile, run.system.kind, run.machine)
            grouped.setdefault(key, []).append(run)
    if not grouped:
        measured = {each.metric for run in telling for each in run.measurements}
        raise NeverMeasured(unknown("metric that a kept run measured", metric, measured))
    newest_first = sorted(grouped.items(), key=lambda item: item[1][-1].started_at, reverse=True)
    return [_series(metric, members, declared) for _, members in newest_first]


def _series(metric: str, runs: Sequence[KeptResults], declared: float) -> Series:
    """The series of runs that can be compared."""
    good: dict[str, list[Measurement]] = {}
    points = []
    unit = ""
    for run in runs:
        measured = run.measurement(metric)
        assert measured is not None
        assert measured.value is not None
        unit = measured.unit
        # Where the experiment itself was changed, what it measures begins anew.
        before = good.setdefault(run.experiment.as_run, [])
        change, noise = _against(before[-_WINDOW:], measured, declared)
        if change is not Change.WORSE:
            before.append(measured)
        points.append(
            Point(
                run=run.run,
                started_at=run.started_at,
                version=run.system.version,
                verdict=run.verdict,
                value=measured.value,
                uncertainty=measured.uncertainty,
                grade=measured.grade,
                change=change,
                noise=noise,
            )
        )
    newest = runs[-1]
    return Series(
        metric=metric,
        unit=unit,
        experiment=newest.experiment.name,
        profile=newest.experiment.profile,
        system=newest.system.name,
        variant=newest.system.variant,
        kind=newest.system.kind,
        machine=newest.machine,
        points=tuple(points),
    )


def _against(
    before: Sequence[Measurement], measured: Measurement, declared: float
) -> tuple[Change, Noise | None]:
    """What became of a figure, against the mean of the good ones before it."""
    if not before:
        return Change.SAME, None
    values = [each.value for each in before if each.value is not None]
    noise = noise_of_runs([values], FALSE_ALARMS, math.sqrt(1 + 1 / len(values)))
    usual = before[-1].model_copy(update={"value": math.fsum(values) / len(values)})
    noise = noise or noise_of_two(usual, measured, declared)
    return change_of(usual, measured, noise), noise
