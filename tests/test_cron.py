"""Due times, by dates that people can check."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.cron import Cron, CronError


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_five_fields_begin_with_the_minute_and_six_with_the_second() -> None:
    assert Cron("30 3 * * *").next_after(at("2026-01-01 00:00")) == at("2026-01-01 03:30")
    assert Cron("*/20 30 3 * * *").next_after(at("2026-01-01 03:30")) == at("2026-01-01 03:30:20")


def test_a_due_time_is_after_the_one_it_is_counted_from() -> None:
    assert Cron("* * * * *").next_after(at("2026-01-01 00:00")) == at("2026-01-01 00:01")
    assert Cron("* * * * *").next_after(at("2026-01-01 00:00") - 0.001) == at("2026-01-01 00:00")


def test_due_times_between_two_times_have_the_first_and_not_the_last() -> None:
    found = Cron("*/20 * * * * *").between(at("2026-01-01 00:00"), at("2026-01-01 00:01"))
    assert list(found) == [at(f"2026-01-01 00:00:{second}") for second in ("00", "20", "40")]


@given(st.integers(0, 10_000), st.floats(0, 100, allow_nan=False))
def test_due_times_between_leave_none_out(first: int, length: float) -> None:
    first_s = first + length % 1
    found = list(Cron("*/7 * * * * *").between(first_s, first_s + length))
    expected = [s for s in range(first, first + 102) if s % 60 % 7 == 0 and first_s <= s < first_s + length]
    assert found == expected


def test_an_hour_is_that_of_the_time_zone() -> None:
    berlin = Cron("0 0 3 * * *", "Europe/Berlin")
    assert berlin.next_after(at("2026-01-01 00:00")) == at("2026-01-01 02:00")
    assert berlin.next_after(at("2026-07-01 00:00")) == at("2026-07-01 01:00")


@pytest.mark.parametrize("expression", ["", "* * * *", "61 * * * *", "0 0 30 2 *", "every minute"])
def test_what_is_no_cron_expression_is_refused(expression: str) -> None:
    with pytest.raises(CronError, match=r"can't be read as a cron expression .*: write minute"):
        Cron(expression)


def test_a_time_zone_that_is_not_there_is_refused() -> None:
    with pytest.raises(CronError, match="no time zone named `Nowhere/No`"):
        Cron("* * * * *", "Nowhere/No")


def test_times_that_the_clock_leaps_over_in_spring_fall_together_and_are_due_once() -> None:
    leap = Cron("10,20,40 2 * * *", "Europe/Berlin").between(at("2026-03-29 00:00"), at("2026-03-29 12:00"))
    assert list(leap) == [at("2026-03-29 01:00")]


def test_times_that_the_clock_shows_twice_in_autumn_are_in_order_and_due_once_each() -> None:
    twice = Cron("10,20,40 2 * * *", "Europe/Berlin").between(at("2026-10-25 00:00"), at("2026-10-25 12:00"))
    assert list(twice) == [at(f"2026-10-25 00:{minute}") for minute in (10, 20, 40)]
