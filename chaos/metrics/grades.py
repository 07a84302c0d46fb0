"""From a metric's value to its grade."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from chaos.experiment.metric_spec import Better, Levels
from chaos.metrics.protocol import Measurement


class Grade(StrEnum):
    """How good a value is."""

    TARGET = "target"
    ACCEPTABLE = "acceptable"
    POOR = "poor"
    CRITICAL = "critical"


_BEST_FIRST = tuple(Grade)


def grade(measurement: Measurement, better: Better, levels: Levels[Any] | None) -> Grade | None:
    """The grade of a value; None where there is no value, nothing to compare it with, or the load decided it.

    A value with an uncertainty has the better of the grades of its two ends, if these are neighbours; else none.
    """
    if measurement.value is None or levels is None or better is Better.NEITHER:
        return None
    ends = sorted(_BEST_FIRST.index(_of(end, better, levels)) for end in measurement.ends)
    if ends[-1] - ends[0] > 1:
        return None
    found = _BEST_FIRST[ends[0]]
    return None if measurement.held_by_load and found is not Grade.TARGET else found


def _of(value: float, better: Better, levels: Levels[Any]) -> Grade:
    sign = 1.0 if better is Better.HIGHER else -1.0
    if sign * value >= sign * levels.target:
        return Grade.TARGET
    if sign * value >= sign * levels.acceptable:
        return Grade.ACCEPTABLE
    return Grade.POOR if sign * value >= sign * levels.critical else Grade.CRITICAL
