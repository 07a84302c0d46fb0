"""The time axes of the page, and the scales of values that stand over them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

import numpy as np

MOST_TICKS: Final = 7
_READABLE: Final = 20.0
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, in percent of its length, and what it says."""

    at: float
    label: str


class Axis(Protocol):
    """Where moments are, in percent of a length."""

    def at(self, time_s: float) -> float:
        """Where a moment is; one outside is at the near end."""
        ...


@dataclass(frozen=True)
class TimeAxis:
    """From one moment to another, in seconds from the start of the load."""

    start_s: float
    end_s: float

    def at(self, time_s: float) -> float:
        """Where a moment is, in percent of the axis; one outside is at its near end."""
        share = (time_s - self.start_s) / max(self.end_s - self.start_s, 1e-9)
        return round(100 * min(max(share, 0.0), 1.0), 3)

    @property
    def ticks(self) -> list[Tick]:
        """A few round moments."""
        length_s = self.end_s - self.start_s
        step_s = next(step_s for step_s in _steps_s() if length_s / step_s <= MOST_TICKS)
        first = math.ceil(self.start_s / step_s)
        return [
            Tick(self.at(number * step_s), clock(number * step_s, step_s))
            for number in range(first, math.floor(self.end_s / step_s) + 1)
        ]


@dataclass(frozen=True)
class StretchedAxis:
    """A time axis for a few events of which some are milliseconds apart and some seconds.

    The longer a wait, the more it is shortened, so that every event can be told from the next.

    Attributes:
        times_s: When the events are, in order, with a moment before the first and one after the last.
        places: Where each is, in percent.
    """

    times_s: tuple[float, ...]
    places: tuple[float, ...]

    @classmethod
    def over(cls, times_s: Sequence[float]) -> StretchedAxis:
        """An axis for events at these moments, which are in order."""
        edges = (times_s[0] - 1e-3, *times_s, times_s[-1] + 1e-3)
        gaps = (1 + math.log1p(max(0.0, after - before) * 1e3) for before, after in pairwise(edges))
        lengths = (0.0, *itertools.accumulate(gaps))
        return cls(edges, tuple(round(100 * length / lengths[-1], 3) for length in lengths))

    @property
    def start_s(self) -> float:
        """Where it begins."""
        return self.times_s[0]

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.times_s[-1]

    def at(self, time_s: float) -> float:
        """Where a moment is, in percent; one between two events lies evenly between their places."""
        return round(float(np.interp(time_s, self.times_s, self.places)), 3)

    @property
    def ticks(self) -> list[Tick]:
        """The moments of events that stand far enough apart to be read."""
        ticks: list[Tick] = []
        for time_s, place in zip(self.times_s[1:-1], self.places[1:-1], strict=True):
            if not ticks or place - ticks[-1].at >= _READABLE:
                ticks.append(Tick(place, clock(time_s, 1e-2)))
        return ticks


def _steps_s() -> Iterator[float]:
    yield from (size * step for size in (1e-4, 1e-3, 1e-2, 0.1, 1.0) for step in (1, 2, 5))
    yield from (10.0, 20.0, 30.0)
    yield from (size * step for size in (60.0, 600.0) for step in (1, 2, 5))
    yield from (_HOUR_S * 2.0**power for power in itertools.count())


def clock(time_s: float, step_s: float = 1.0) -> str:
    """A moment as people read it: `2.5 s`, `3:20`, `1:05:00`; as exact as a step needs."""
    if abs(time_s) < 2 * _MINUTE_S or step_s < 1:
        digits = max(0, -math.floor(math.log10(step_s) + 1e-9))
        return f"{time_s:.{digits}f} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class Scale(Protocol):
    """Where values stand in a chart."""

    def height(self, value: float) -> float:
        """How far from the top, in percent."""
        ...

    @property
    def grid(self) -> list[Tick]:
        """Lines across the chart, with what they say."""
        ...


@dataclass(frozen=True)
class Linear:
    """From zero to a round number that nothing exceeds."""

    top: float

    @classmethod
    def over(cls, highest: float) -> Linear:
        """A scale that holds this value."""
        if highest <= 0:
            return cls(1.0)
        size = 10.0 ** math.floor(math.log10(highest))
        return cls(next(size * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 20) if size * step >= highest))

    def height(self, value: float) -> float:
        return 100 - 100 * value / self.top

    @property
    def grid(self) -> list[Tick]:
        return [Tick(self.height(value), amount(value)) for value in (self.top, self.top / 2, 0.0)]


@dataclass(frozen=True)
class Logarithmic:
    """From one power of ten to another."""

    low: int
    high: int

    @classmethod
    def over(cls, lowest: float, highest: float) -> Logarithmic:
        """A scale that holds both, which are above zero."""
        low, high = math.floor(math.log10(lowest) + 1e-9), math.ceil(math.log10(highest) - 1e-9)
        return cls(low, max(high, low + 1))

    def height(self, value: float) -> float:
        return 100 - 100 * (math.log10(value) - self.low) / (self.high - self.low)

    @property
    def grid(self) -> list[Tick]:
        every = math.ceil((self.high - self.low) / 4)
        powers = range(self.low, self.high + 1, every)
        return [Tick(self.height(10.0**power), amount(10.0**power)) for power in powers]


def amount(value: float) -> str:
    """A number as people read it, to three digits."""
    if value == 0 or math.isnan(value):
        return "–" if math.isnan(value) else "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
