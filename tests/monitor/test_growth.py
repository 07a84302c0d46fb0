"""Growth an hour is a robust slope with its interval, or an answer that says that nothing can be told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.monitor.growth import Growth, Stretch, TooShort, growth, steady_stretches
from chaos.monitor.samples import ResourceSample

HOUR_S = 3600.0
TEN_MINUTES = np.arange(600.0)
RATES = st.floats(-1e9, 1e9)


def _told(*stretches: Stretch) -> Growth:
    found = growth(stretches)
    assert isinstance(found, Growth)
    return found


def _sample(at_s: float, resident_bytes: int, incarnation: int = 1) -> ResourceSample:
    return ResourceSample(int(at_s * 1e9), "core", incarnation, 1.0, resident_bytes, 3, 2, None)


@given(per_hour=RATES, start=st.floats(0, 1e10))
def test_a_straight_line_grows_by_its_slope(per_hour: float, start: float) -> None:
    found = _told(Stretch(TEN_MINUTES, start + TEN_MINUTES * per_hour / HOUR_S))
    for value in (found.per_hour, found.low, found.high):
        assert value == pytest.approx(per_hour, rel=1e-6, abs=1.0)


@given(values=st.lists(st.floats(0, 1e10), min_size=31, max_size=60), factor=st.floats(0.001, 1000))
def test_the_interval_holds_the_slope_and_scales(values: list[float], factor: float) -> None:
    times_s = np.arange(0.0, 10.0 * len(values), 10.0)
    found = _told(Stretch(times_s, np.array(values)))
    scaled = _told(Stretch(times_s, np.array(values) * factor))
    assert found.low <= found.per_hour <= found.high
    assert scaled.per_hour == pytest.approx(found.per_hour * factor, rel=1e-6, abs=1e-3)
    assert scaled.low == pytest.approx(found.low * factor, rel=1e-6, abs=1e-3)


@given(bad=st.lists(st.integers(0, 599), max_size=60), wild=st.floats(-1e12, 1e12))
def test_a_tenth_of_wild_values_does_not_move_it(bad: list[int], wild: float) -> None:
    values = TEN_MINUTES * 2.0
    values[bad] = wild
    found = _told(Stretch(TEN_MINUTES, values))
    # Each point is the median of ten samples; six spoilt points of sixty would be the worst.
    assert found.per_hour == pytest.approx(2.0 * HOUR_S, rel=0.2)


def test_the_interval_holds_what_the_noise_hides_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    truth, runs = 5e6, 200
    noisy = (1e8 + TEN_MINUTES * truth / HOUR_S + chance.normal(0, 1e5, 600) for _ in range(runs))
    found = [_told(Stretch(TEN_MINUTES, values)) for values in noisy]
    assert sum(each.low <= truth <= each.high for each in found) >= 0.9 * runs


def test_a_start_again_is_no_growth() -> None:
    """Both starts are flat, on levels far apart."""
    low = Stretch(TEN_MINUTES, np.full(600, 1e8))
    high = Stretch(TEN_MINUTES + 700, np.full(600, 3e8))
    assert _told(low, high) == Growth(0.0, 0.0, 0.0)


@given(length_s=st.integers(0, 299))
def test_a_short_run_says_that_it_is_too_short(length_s: int) -> None:
    times_s = np.arange(length_s + 1.0)
    found = growth([Stretch(times_s, times_s)])
    assert isinstance(found, TooShort)
    assert str(found) == f"too short to tell: {length_s} s of steady running, 300 s are needed"


def test_nothing_to_look_at_is_too_short() -> None:
    assert growth([]) == TooShort(0.0)


def test_warm_ups_and_what_lies_outside_of_the_load_are_left_out() -> None:
    first = [_sample(at_s, 100 + at_s, 1) for at_s in range(100)]
    second = [_sample(at_s, 500, 2) for at_s in range(110, 200)]
    stretches = steady_stretches(
        [*first, *second],
        lambda sample: sample.resident_bytes,
        start_ns=int(10e9),
        end_ns=int(180e9),
        warm_up_s=20,
    )
    assert [(each.times_s[0], each.times_s[-1]) for each in stretches] == [(30, 99), (130, 180)]
    assert list(stretches[0].values[:2]) == [130, 131]


def test_a_start_that_never_gets_warm_counts_for_nothing() -> None:
    samples = [_sample(at_s, at_s, at_s // 20 + 1) for at_s in range(600)]
    assert steady_stretches(samples, lambda each: each.resident_bytes, start_ns=0, end_ns=10**12) == ()
