"""How large a difference must be before it is more than chance."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.history.noise import (
    Change,
    Noise,
    change_of,
    noise_of_runs,
    noise_of_two,
    spread_of,
    student_quantile,
)
from chaos.history.results import Measurement
from tests.history.conftest import measured


def _measured(value: float | None, **more: object) -> Measurement:
    return Measurement.model_validate(measured("throughput", value, **more))


@pytest.mark.parametrize(
    ("share", "freedom", "quantile"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 3, 3.182),
        (0.995, 10, 3.169),
        (0.9995, 29, 3.659),
        (0.5, 4, 0.0),
    ],
)
def test_quantiles_are_those_of_the_tables(share: float, freedom: int, quantile: float) -> None:
    assert student_quantile(share, freedom) == pytest.approx(quantile, abs=5e-4)


@given(st.floats(0.5, 0.9999), st.integers(1, 60))
def test_more_certainty_needs_more_room_and_more_runs_need_less(share: float, freedom: int) -> None:
    assert student_quantile(share, freedom) <= student_quantile((1 + share) / 2, freedom) + 1e-9
    assert student_quantile(share, freedom + 1) <= student_quantile(share, freedom) + 1e-9


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=10), st.floats(-1e6, 1e6))
def test_the_spread_is_within_groups_whatever_lies_between_them(values: list[float], shift: float) -> None:
    alone, _ = spread_of([values])
    both, freedom = spread_of([values, [value + shift for value in values]])
    assert freedom == 2 * (len(values) - 1)
    assert both == pytest.approx(alone, rel=1e-6, abs=1e-6)


def test_fewer_than_three_runs_alike_tell_nothing() -> None:
    assert noise_of_runs([[100.0, 101.0]], 0.05, 1.0) is None
    assert noise_of_runs([[100.0], [90.0], [80.0]], 0.05, 1.0) is None
    noise = noise_of_runs([[100.0, 101.0, 99.0]], 0.05, 1.0)
    assert noise is not None
    assert noise.amount == pytest.approx(4.303, abs=1e-3)
    assert noise.source == "3 runs alike"


def test_chance_alone_exceeds_the_noise_as_rarely_as_is_promised() -> None:
    chance = random.Random(5)
    alarms = 0
    for _ in range(2000):
        values = [chance.gauss(100, 5) for _ in range(5)]
        noise = noise_of_runs([values], 0.05, math.sqrt(2))
        assert noise is not None
        alarms += abs(chance.gauss(100, 5) - values[0]) > noise.amount
    assert alarms / 2000 < 0.07


def test_without_runs_alike_the_figures_own_uncertainty_counts() -> None:
    noise = noise_of_two(_measured(100.0, uncertainty=3.0), _measured(90.0, uncertainty=4.0), 0.1)
    assert noise == Noise(5.0, "their own uncertainty")


def test_without_any_of_that_the_declared_share_counts() -> None:
    noise = noise_of_two(_measured(200.0), _measured(90.0, uncertainty=4.0), 0.1)
    assert noise == Noise(20.0, "10%, declared")


@pytest.mark.parametrize(
    ("better", "after", "change"),
    [
        ("higher", 120.0, Change.BETTER),
        ("higher", 80.0, Change.WORSE),
        ("lower", 120.0, Change.WORSE),
        ("lower", 80.0, Change.BETTER),
        ("neither", 80.0, Change.CHANGED),
        ("higher", 109.0, Change.SAME),
        ("higher", None, Change.UNKNOWN),
    ],
)
def test_a_difference_beyond_noise_is_for_the_better_or_the_worse(
    better: str, after: float | None, change: Change
) -> None:
    assert (
        change_of(_measured(100.0, better=better), _measured(after, better=better), Noise(10.0, "")) is change
    )


def test_a_change_that_matters_to_nobody_is_none_however_sure_it_is() -> None:
    assert change_of(_measured(100.0), _measured(99.5), Noise(0.0, "")) is Change.SAME
    assert change_of(_measured(0.0), _measured(1.0), Noise(0.0, "")) is Change.BETTER


def test_a_small_change_to_another_grade_matters() -> None:
    before, after = _measured(1.0, grade="target"), _measured(0.9995, grade="acceptable")
    assert change_of(before, after, Noise(0.0, "")) is Change.WORSE
