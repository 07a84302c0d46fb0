"""What an experiment may say of a metric, in the metric's unit: a bound that must hold, and levels of its grades."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import Field, model_validator

from chaos.experiment.answers import Count
from chaos.experiment.base import Model
from chaos.experiment.units import (
    BYTES,
    DURATION,
    GROWTH,
    RATE,
    SHARE,
    Bytes,
    Duration,
    Growth,
    Quantity,
    Rate,
    Share,
    wrong,
)

AmountT = TypeVar("AmountT")
Number = Annotated[float, Field(ge=0)]


class Better(StrEnum):
    """Which way a metric's values get better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class MetricBound(Model, Generic[AmountT]):
    """A bound on a metric of the finished run: a check with a number."""

    metric: str = Field(description="name of the metric")
    at_least: AmountT | None = Field(None, description="lowest value that passes")
    at_most: AmountT | None = Field(None, description="highest value that passes")

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        least, most = self.at_least, self.at_most
        if least is None and most is None:
            raise wrong("there is nothing to hold; give `at-least` or `at-most`")
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            raise wrong("at-least is more than at-most, so nothing can hold")
        return self

    def holds(self, value: float) -> bool:
        """Whether a value, in the metric's unit, is within the bound."""
        least: Any = self.at_least
        most: Any = self.at_most
        return (least is None or value >= least) and (most is None or value <= most)


class Levels(Model, Generic[AmountT]):
    """From which value on a metric gets which grade."""

    target: AmountT = Field(description="the value to aim at: as good or better is `target`")
    acceptable: AmountT = Field(description="as good or better, and not `target`, is `acceptable`")
    critical: AmountT = Field(description="worse is `critical`; what lies between is `poor`")


@dataclass(frozen=True, eq=False)
class Unit:
    """What a metric's values are counted in.

    Attributes:
        name: As results call it: `jobs/s`.
        bound: A bound in this unit, as it stands in a file.
        levels: The levels of grades in this unit, as they stand in a file.
        quantity: How such amounts are written with a unit; None for plain numbers.
    """

    name: str
    bound: type[MetricBound[Any]]
    levels: type[Levels[Any]]
    quantity: Quantity | None = None

    def write(self, value: float) -> str:
        """A value in full, as it stands in an experiment file."""
        return f"{value:g}" if self.quantity is None else self.quantity.write(value)

    def show(self, value: float) -> str:
        """A value for people, to three digits: `12.3ms`, `412/s`, `98.2%`, `3 jobs`. Only all is 100 %: `99.998%`."""
        if self.quantity is None:
            return f"{_three_digits(value)} {self.name}"
        number, unit = self.quantity.in_unit(value)
        return f"{_three_digits(number)}{unit}"


JOBS_PER_SECOND = Unit("jobs/s", MetricBound[Rate], Levels[Rate], RATE)
CALLS_PER_SECOND = Unit("calls/s", MetricBound[Rate], Levels[Rate], RATE)
SECONDS = Unit("s", MetricBound[Duration], Levels[Duration], DURATION)
SHARES = Unit("share", MetricBound[Share], Levels[Share], SHARE)
SIZE = Unit("bytes", MetricBound[Bytes], Levels[Bytes], BYTES)
GROWTH_AN_HOUR = Unit("bytes/h", MetricBound[Growth], Levels[Growth], GROWTH)
JOBS = Unit("jobs", MetricBound[Count], Levels[Count])
RETRIES = Unit("retries", MetricBound[Count], Levels[Count])
EXECUTIONS = Unit("executions", MetricBound[Number], Levels[Number])


@dataclass(frozen=True)
class MetricWords:
    """What the language knows of a metric.

    Attributes:
        unit: What its values are counted in.
        better: Which way they get better; a metric without a better way has no grades.
    """

    unit: Unit
    better: Better

    def misordered(self, levels: Levels[Any]) -> bool:
        """Whether the levels do not get worse from `target` to `critical`."""
        in_order = [levels.target, levels.acceptable, levels.critical]
        return in_order != sorted(in_order, reverse=self.better is Better.HIGHER)


def _three_digits(value: float) -> str:
    if 99 < value < 100:
        return f"{math.floor(value * 1000) / 1000:g}"
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.3g}"
