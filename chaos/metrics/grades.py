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


def grade(measurement: Measurement, better: Better, levels: Levels[Any] | None) -> Grade | None:
    """The grade of a value; None where there is no value, nothing to compare it with, or the load decided it.

    A value reaches a level if it does so within its uncertainty.
    """
    if measurement.value is None or levels is None or better is Better.NEITHER:
        return None
    sign = 1.0 if better is Better.HIGHER else -1.0
    best = sign * measurement.value + (measurement.uncertainty or 0.0)
    if best >= sign * levels.target:
        return Grade.TARGET
    if measurement.held_by_load:
        return None
    if best >= sign * levels.acceptable:
        return Grade.ACCEPTABLE
    return Grade.POOR if best >= sign * levels.critical else Grade.CRITICAL
