"""How often runs failed, with what confidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.verdict.series import failure_rate


@given(st.integers(1, 500).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs))))
def test_the_interval_holds_the_share_and_lies_between_0_and_1(numbers: tuple[int, int]) -> None:
    failed, runs = numbers
    rate = failure_rate(failed=failed, runs=runs)
    assert 0.0 <= rate.low <= rate.share <= rate.high <= 1.0


def test_twenty_runs_without_a_failure_do_not_prove_that_there_is_none() -> None:
    rate = failure_rate(failed=0, runs=20)
    assert rate.low == 0.0
    assert rate.high == pytest.approx(0.161, abs=0.001)  # Wilson's interval for 0 of 20


def test_more_runs_make_the_interval_narrower() -> None:
    few, many = failure_rate(failed=1, runs=10), failure_rate(failed=100, runs=1000)
    assert many.high - many.low < few.high - few.low
