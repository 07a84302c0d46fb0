"""How much something grows an hour, with its uncertainty: a robust slope over the steady part of a run.

The slope is Theil and Sen's: the median of the slopes between all pairs of points, which a third of bad points does not
move. Its 95 % interval is Sen's, by the variance of Kendall's S (P. K. Sen, Journal of the American Statistical
Association 63, 1968, pages 1379-1389). A process that starts again begins anew, so only pairs within one start of a
component count, and their variances add up (R. M. Hirsch and J. R. Slack, Water Resources Research 20, 1984).

Samples that follow one another are not independent, which would make the interval too narrow: each point is the median
of the samples in a stretch of time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from chaos.monitor.samples import ResourceSample

WARM_UP_S = 30.0
"""What a process does in its first seconds (filling caches, opening connections) says nothing about an hour."""

LEAST_S = 300.0
"""An hour is not told from less than this."""

_POINT_S = 10.0
_POINTS = 300
_NORMAL_975 = 1.959963984540054
_HOUR_S = 3600.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Growth:
    """What something grows in an hour; negative if it shrinks.

    Attributes:
        per_hour: The slope, in the unit of the values an hour.
        low: The lower end of its 95 % interval.
        high: The upper end.
    """

    per_hour: float
    low: float
    high: float


@dataclass(frozen=True)
class TooShort:
    """There was too little to tell a growth from.

    Attributes:
        steady_s: For how long it was watched, warm-up and restarts left out.
        needed_s: For how long it has to be.
    """

    steady_s: float
    needed_s: float = LEAST_S

    def __str__(self) -> str:
        return f"too short to tell: {self.steady_s:.0f} s of steady running, {self.needed_s:.0f} s are needed"


@dataclass(frozen=True)
class Stretch:
    """Values of one start of a component, without a break.

    Attributes:
        times_s: When, rising.
        values: What was measured then.
    """

    times_s: Floats
    values: Floats

    @property
    def length_s(self) -> float:
        """From its first value to its last."""
        return float(self.times_s[-1] - self.times_s[0]) if len(self.times_s) else 0.0


def steady_stretches(
    samples: Iterable[ResourceSample],
    value: Callable[[ResourceSample], float],
    *,
    start_ns: int,
    end_ns: int,
    warm_up_s: float = WARM_UP_S,
) -> tuple[Stretch, ...]:
    """The steady parts of what one component used: each of its starts, without its warm-up, under load.

    Args:
        samples: The samples of one component, oldest first.
        value: What is looked at: `lambda sample: sample.resident_bytes`.
        start_ns: When the load began.
        end_ns: When it ended.
        warm_up_s: How long each start counts as warming up, from its first sample under load.
    """
    under_load = (sample for sample in samples if start_ns <= sample.time_ns <= end_ns)
    stretches = []
    for _, same in groupby(under_load, key=lambda sample: sample.incarnation):
        points = [(sample.time_ns / 1e9, value(sample)) for sample in same]
        steady = [point for point in points if point[0] >= points[0][0] + warm_up_s]
        if len(steady) > 1:
            times_s, values = np.array(steady, dtype=np.float64).T
            stretches.append(Stretch(times_s, values))
    return tuple(stretches)


def growth(stretches: Sequence[Stretch], *, least_s: float = LEAST_S) -> Growth | TooShort:
    """What grows an hour over these stretches, or that they are too short to tell.

    Args:
        stretches: The steady parts of a run; `steady_stretches` makes them of samples.
        least_s: How long they have to be together.
    """
    steady_s = sum(stretch.length_s for stretch in stretches)
    point_s = max(_POINT_S, steady_s / _POINTS)
    points = [_thinned(stretch, point_s) for stretch in stretches]
    slopes = np.concatenate([_slopes(each) for each in points] or [np.empty(0)])
    if steady_s < least_s or len(slopes) == 0:
        return TooShort(steady_s, least_s)
    slopes.sort()
    margin = _NORMAL_975 * math.sqrt(sum(_variance(each.values) for each in points))
    low = slopes[max(0, math.floor((len(slopes) - margin) / 2) - 1)]
    high = slopes[min(len(slopes) - 1, math.ceil((len(slopes) + margin) / 2))]
    return Growth(float(np.median(slopes)) * _HOUR_S, float(low) * _HOUR_S, float(high) * _HOUR_S)


def _thinned(stretch: Stretch, point_s: float) -> Stretch:
    """One point, the median, for each time of this length."""
    number = np.floor((stretch.times_s - stretch.times_s[0]) / point_s)
    bounds = np.flatnonzero(np.diff(number)) + 1
    return Stretch(
        np.array([np.median(times_s) for times_s in np.split(stretch.times_s, bounds)]),
        np.array([np.median(values) for values in np.split(stretch.values, bounds)]),
    )


def _slopes(stretch: Stretch) -> Floats:
    """The slopes between all pairs of points, a second."""
    first, second = np.triu_indices(len(stretch.times_s), k=1)
    slopes: Floats = (stretch.values[second] - stretch.values[first]) / (
        stretch.times_s[second] - stretch.times_s[first]
    )
    return slopes


def _variance(values: Floats) -> float:
    """The variance of Kendall's S where nothing grows; equal values lower it."""
    _, ties = np.unique(values, return_counts=True)
    return (_term(len(values)) - sum(map(_term, ties.tolist()))) / 18


def _term(count: int) -> int:
    return count * (count - 1) * (2 * count + 5)
