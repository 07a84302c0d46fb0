"""When a schedule is due, also where clocks are set, and which moments lie in a blackout."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chaos.schedules.model import Blackout, Schedule
from chaos.schedules.times import blackout_at, due_after, due_between, moment_of

BERLIN = "Europe/Berlin"
ZONES = (BERLIN, "UTC", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")
SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)
"""The day before Berlin's clocks leap from 2:00 to 3:00, which is 1:00 UTC."""
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)
"""The day before Berlin's clocks are set back from 3:00 to 2:00, which is 1:00 UTC."""
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
CRONS = st.one_of(
    st.sampled_from(["0 * * * *", "*/7 * * * *", "0,30 2 * * *", "15 3 1 * mon", "30 2 * * sun", "59 23 31 * *"]),
    st.builds("{} {} * * *".format, st.integers(0, 59), st.integers(0, 23)),
)  # fmt: skip


def _cron(expression: str) -> Schedule:
    return Schedule(name="x", experiments=("x.yaml",), cron=expression)


def _every(duration: str) -> Schedule:
    return Schedule.model_validate({"name": "x", "experiments": ["x.yaml"], "every": duration})


def _shown(expression: str, zone: str, after: datetime, count: int) -> list[str]:
    """The next due times, as a clock in UTC shows them."""
    return [f"{due:%d %H:%M}" for due in islice(due_after(_cron(expression), zone, after), count)]


def test_a_cron_expression_means_the_clock_of_its_zone() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert _shown("30 3 * * *", BERLIN, noon, 2) == ["02 01:30", "03 01:30"]
    assert _shown("30 3 * * *", "UTC", noon, 1) == ["02 03:30"]


def test_either_day_will_do_where_both_are_named() -> None:
    assert _shown("0 0 13 * fri", "UTC", datetime(2026, 7, 1, tzinfo=UTC), 4) == [
        "03 00:00", "10 00:00", "13 00:00", "17 00:00",
    ]  # fmt: skip


def test_a_time_that_does_not_exist_is_due_right_after_the_leap() -> None:
    assert _shown("30 2 * * *", BERLIN, SPRING, 2) == ["29 01:00", "30 00:30"]


def test_times_that_fall_together_after_the_leap_are_due_once() -> None:
    assert _shown("0,15,30 2 * * *", BERLIN, SPRING, 2) == ["29 01:00", "30 00:00"]


def test_a_time_that_exists_twice_is_due_once_the_first_time() -> None:
    assert _shown("30 2 * * *", BERLIN, AUTUMN, 2) == ["25 00:30", "26 01:30"]


def test_asked_between_the_two_it_is_due_no_more() -> None:
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert _shown("30 2 * * *", BERLIN, between, 1) == ["26 01:30"]
    assert _shown("45 2 * * *", BERLIN, between + timedelta(minutes=30), 1) == ["26 01:45"]


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_what_is_due_every_hour_follows_the_real_time(day: datetime, hours: int) -> None:
    midnight = moment_of(f"{day + timedelta(days=1):%Y-%m-%d} 00:00", BERLIN)
    due = list(due_between(_cron("0 * * * *"), BERLIN, midnight, midnight + timedelta(hours=hours)))
    assert [b - a for a, b in pairwise(due)] == [timedelta(hours=1)] * (hours - 1)
    assert due[-1] == moment_of(f"{day + timedelta(days=2):%Y-%m-%d} 00:00", BERLIN)


def test_an_interval_is_counted_from_1970_whenever_one_asks() -> None:
    asked = datetime(2026, 7, 1, 12, 0, 1, tzinfo=UTC)
    times = list(islice(due_after(_every("8h"), BERLIN, asked), 2))
    assert times == [datetime(2026, 7, 1, 16, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)]


@settings(deadline=None, max_examples=60)
@given(CRONS, st.sampled_from(ZONES), MOMENTS)
def test_due_times_come_one_after_the_other(expression: str, zone: str, moment: datetime) -> None:
    times = [moment, *islice(due_after(_cron(expression), zone, moment), 5)]
    assert times == sorted(set(times))


@settings(deadline=None, max_examples=60)
@given(CRONS, st.sampled_from(ZONES), MOMENTS, st.integers(0, 2_000))
def test_it_does_not_matter_where_a_stretch_is_cut(
    expression: str, zone: str, start: datetime, minutes: int
) -> None:
    schedule, cut, end = _cron(expression), start + timedelta(minutes=minutes), start + timedelta(days=2)
    whole = list(due_between(schedule, zone, start, end))
    assert whole == [
        *due_between(schedule, zone, start, min(cut, end)),
        *due_between(schedule, zone, min(cut, end), end),
    ]


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789*/,-L#MONJA "), max_size=20))
def test_an_expression_is_either_taken_or_refused(text: str) -> None:
    try:
        schedule = _cron(text)
    except ValidationError:
        return
    assert next(due_after(schedule, "UTC", SPRING)) > SPRING


def _blackout(**keys: str) -> Blackout:
    return Blackout.model_validate({"name": "x", **keys})


def test_a_blackout_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    once = _blackout(**{"from": "2026-12-24 18:00", "to": "2026-12-27 06:00"})
    begins, ends = moment_of("2026-12-24 18:00", BERLIN), moment_of("2026-12-27 06:00", BERLIN)
    second = timedelta(seconds=1)
    inside = [
        blackout_at(moment, (once,), BERLIN) is once
        for moment in (begins - second, begins, ends - second, ends)
    ]
    assert inside == [False, True, True, False]


def test_a_blackout_that_comes_again_lasts_as_long_as_it_says_across_midnight() -> None:
    nightly = _blackout(cron="0 22 * * *", **{"for": "3h"})
    inside = [
        blackout_at(moment_of(f"2026-07-02 {time}", BERLIN), (nightly,), BERLIN) is nightly
        for time in ("00:59", "01:00", "21:59", "22:00", "23:30")
    ]
    assert inside == [True, False, False, True, True]


def test_a_blackout_may_name_a_zone_of_its_own() -> None:
    once = _blackout(**{"from": "2026-12-24T18:00+00:00", "to": "2026-12-24T19:00+00:00"})
    assert blackout_at(datetime(2026, 12, 24, 18, 30, tzinfo=UTC), (once,), BERLIN) is once


def test_the_first_of_several_blackouts_is_named() -> None:
    first, second = _blackout(cron="0 0 * * *", **{"for": "1d"}), _blackout(cron="0 * * * *", **{"for": "1h"})
    assert blackout_at(SPRING, (first, second), "UTC") is first
    assert blackout_at(SPRING, (), "UTC") is None
