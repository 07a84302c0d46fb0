"""Quantiles of any number of durations, in little memory."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from chaos.load.lateness import Lateness


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_quantile_is_close_and_never_too_low(durations: list[int], share: float) -> None:
    lateness = Lateness()
    for duration in durations:
        lateness.add(duration)
    exact = sorted(durations)[max(0, math.ceil(share * len(durations)) - 1)]
    assert exact <= lateness.quantile_ns(share) <= exact * 1.126 + 1000


def test_early_is_not_late() -> None:
    lateness = Lateness()
    lateness.add(-5_000_000)
    assert lateness.quantile_ns(0.99) == 0


def test_nothing_counted_is_nothing_late() -> None:
    assert Lateness().quantile_ns(0.99) == 0


def test_the_highest_is_exact() -> None:
    lateness = Lateness()
    for duration in (10, 123_456_789, 20):
        lateness.add(duration)
    assert lateness.highest_ns == 123_456_789
    assert lateness.quantile_ns(1.0) == 123_456_789
