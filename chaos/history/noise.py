"""How large a difference between two figures must be before it is more than chance."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from chaos.history.results import Measurement

FEWEST_RUNS: Final = 3
"""So many runs alike are needed before their spread says anything."""
_SMALLEST_SHARE: Final = 0.01
"""A smaller change matters to nobody, however surely it is one, unless it moves the figure to another grade."""


class Change(StrEnum):
    """What became of a figure."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Noise:
    """How much of a difference is chance.

    Attributes:
        amount: A difference up to this may be chance, in the unit of what is compared.
        source: What it was learnt from, in words.
    """

    amount: float
    source: str


def spread_of(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """The standard deviation within groups of runs alike, and its degrees of freedom: 0 where nothing repeats."""
    repeated = [group for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in repeated)
    if not freedom:
        return 0.0, 0
    squares = sum((value - statistics.fmean(group)) ** 2 for group in repeated for value in group)
    return math.sqrt(squares / freedom), freedom


def noise_of_runs(groups: Sequence[Sequence[float]], alpha: float, single: float) -> Noise | None:
    """The noise that runs alike show; None if they are too few.

    Args:
        groups: The figure in runs alike, a group for each version of the system.
        alpha: How often chance alone may exceed the noise.
        single: By how much what is compared varies more than a single run: sqrt(2) for the difference of two.
    """
    deviation, freedom = spread_of(groups)
    if freedom < FEWEST_RUNS - 1:
        return None
    runs = sum(len(group) for group in groups if len(group) > 1)
    return Noise(student_quantile(1 - alpha / 2, freedom) * deviation * single, f"{runs} runs alike")


def noise_of_two(before: Measurement, after: Measurement, declared: float) -> Noise:
    """The noise where runs alike are too few: by their own uncertainty if both tell it, else as declared.

    Args:
        before, after: The two measurements, with values.
        declared: The share of the earlier value that is taken for noise.
    """
    if before.uncertainty is not None and after.uncertainty is not None:
        return Noise(math.hypot(before.uncertainty, after.uncertainty), "their own uncertainty")
    assert before.value is not None
    return Noise(declared * abs(before.value), f"{declared:.0%}, declared")


def change_of(before: Measurement, after: Measurement, noise: Noise) -> Change:
    """What became of a figure from one run to another.

    Where runs alike are all the same (a count that is always 0), any difference is more than noise.
    """
    if before.value is None or after.value is None:
        return Change.UNKNOWN
    difference = after.value - before.value
    small = abs(difference) <= _SMALLEST_SHARE * abs(before.value) and before.grade == after.grade
    if abs(difference) <= noise.amount or small:
        return Change.SAME
    return direction(difference, before.better)


def direction(difference: float, better: Literal["higher", "lower", "neither"]) -> Change:
    """Whether a difference other than 0 is for the better."""
    if better == "neither":
        return Change.CHANGED
    return Change.BETTER if (difference > 0) == (better == "higher") else Change.WORSE


@functools.lru_cache(maxsize=256)
def student_quantile(share: float, freedom: int) -> float:
    """The quantile of Student's t distribution above one half.

    Args:
        share: The share of the distribution below it, from 0.5 to less than 1.
        freedom: Degrees of freedom, at least 1.
    """
    low, high = 0.0, 1.0
    while _below(high, freedom) < share:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < share else (low, middle)
    return high


def _below(t: float, freedom: int) -> float:
    """The share of the distribution below t >= 0, by its finite series (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for step in range(2 + odd, freedom, 2):
        term *= cosine**2 * (step - 1) / step
        total += term
    inside = (angle + sine * total) * 2 / math.pi if odd else sine * total
    return (1 + inside) / 2
