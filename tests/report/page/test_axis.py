"""The axes of the page."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.report.page.axis import (
    MOST_TICKS,
    Linear,
    Logarithmic,
    StretchedAxis,
    TimeAxis,
    amount,
    clock,
)

lengths_s = st.floats(1e-3, 1e6)


@given(length_s=lengths_s)
def test_an_axis_has_a_few_ticks_each_with_a_word_of_its_own(length_s: float) -> None:
    ticks = TimeAxis(0.0, length_s).ticks
    assert 2 <= len(ticks) <= MOST_TICKS + 1
    assert len({tick.label for tick in ticks}) == len(ticks)
    assert all(0 <= tick.at <= 100 for tick in ticks)


def test_a_moment_outside_is_at_the_near_end() -> None:
    axis = TimeAxis(0.0, 10.0)
    assert [axis.at(time_s) for time_s in (-5, 0, 2.5, 10, 99)] == [0, 0, 25, 100, 100]


@pytest.mark.parametrize(
    ("time_s", "words"), [(0, "0 s"), (90, "90 s"), (200, "3:20"), (3900, "1:05:00"), (7325, "2:02:05")]
)
def test_moments_read_like_a_clock(time_s: float, words: str) -> None:
    assert clock(time_s) == words


@given(st.lists(st.floats(-10, 1e5), min_size=1, max_size=30).map(sorted))
def test_a_stretched_axis_keeps_the_order_and_the_room_between_events(times_s: list[float]) -> None:
    axis = StretchedAxis.over(times_s)
    places = [axis.at(time_s) for time_s in times_s]
    assert places == sorted(places)
    assert all(0 < place < 100 for place in places)
    distinct = sorted(set(times_s))
    assert all(axis.at(after) > axis.at(before) for before, after in pairwise(distinct))
    assert all(later.at - tick.at >= 20 for tick, later in pairwise(axis.ticks))


@given(highest=st.floats(1e-6, 1e12))
def test_a_linear_scale_holds_its_values_and_wastes_little(highest: float) -> None:
    scale = Linear.over(highest)
    assert -1e-9 <= scale.height(highest) <= 55
    assert [tick.at for tick in scale.grid] == [0, 50, 100]


@given(st.tuples(st.floats(1e-6, 1e9), st.floats(1e-6, 1e9)).map(sorted))
def test_a_logarithmic_scale_holds_its_values(ends: list[float]) -> None:
    low, high = ends
    scale = Logarithmic.over(low, high)
    assert -1e-6 <= scale.height(high) <= scale.height(low) <= 100 + 1e-6
    assert 2 <= len(scale.grid) <= 5


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (1, "1"),
        (0.5, "0.5"),
        (12.345, "12.3"),
        (0.00123, "0.00123"),
        (99.96, "100"),
        (1234.5, "1,234"),
    ],
)
def test_amounts_have_three_digits(value: float, words: str) -> None:
    assert amount(value) == words


def test_no_amount_is_a_dash() -> None:
    assert amount(math.nan) == "–"
