"""Due times against fires. Each schedule is due every ten seconds, and at the second from which all count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.checks.findings import Finding
from chaos.checks.schedules.judging import Judged, Rules, WallClock, judge
from chaos.checks.schedules.lives import Era, Fire, Life
from chaos.checks.schedules.outages import Outage, Span
from chaos.cron import Cron, Missed
from chaos.ledger.events import RunStarted
from chaos.ledger.records import State

BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
ZERO_NS = 5_000 * 10**9
START = RunStarted(
    time_ns=ZERO_NS,
    run="a-run",
    wall_time=BEGAN.isoformat(),
    clock="here",
    seed=1,
    chaos_version="",
    experiment_file="",
    experiment_sha256="",
    saved_sha256="",
)
EVERY_TEN, NEVER_HERE = "*/10 * * * * *", "0 0 0 1 1 *"


def ns(second: float) -> int:
    return ZERO_NS + round(second * 1e9)


def era(begin: float, end: float, *, is_active: bool = True, cron: int = 1) -> Era:
    return Era(ns(begin), ns(end), cron, is_active)


def fire(second: float, state: State = State.SUCCESS) -> Fire:
    return Fire(round((BEGAN.timestamp() + second) * 1000), state)


def outage(asked: float, gone: float, up: float, ready: float) -> Outage:
    return Outage(Span(ns(asked), ns(ready)), (Span(ns(gone), ns(up)),))


def judged(
    fires: Sequence[float],
    eras: Sequence[Era],
    *,
    outages: Sequence[Outage] = (),
    missed: Missed = Missed.ONCE,
    resolution_s: float = 0.05,
) -> Judged:
    within = (BEGAN.timestamp(), BEGAN.timestamp() + 1000)
    rules = Rules(
        dues=[tuple(Cron(cron).between(*within)) for cron in (EVERY_TEN, NEVER_HERE)],
        missed=missed,
        outages=outages,
        clock=WallClock(START),
        resolution_s=resolution_s,
    )
    life = Life(0, list(eras), [fire(second) for second in sorted(fires)], fires_read=True)
    return judge([life], rules)


def seen(judged: Judged) -> list[tuple[Finding, float]]:
    return [(sight.finding, round(sight.at_s - BEGAN.timestamp(), 3)) for sight in judged.sights]


WHOLE = [era(1, 59)]


def test_a_schedule_that_fires_each_time_it_is_due_shows_nothing() -> None:
    found = judged([10.01, 20.0, 30.2, 40.0, 50.0], WHOLE)
    assert seen(found) == []
    assert found.opportunities[Finding.NEVER_FIRED] == found.opportunities[Finding.FIRED_TWICE] == 5


def test_a_due_time_without_a_fire_is_one_that_never_fired() -> None:
    assert seen(judged([10, 20, 40, 50], WHOLE)) == [(Finding.NEVER_FIRED, 30)]


def test_a_due_time_with_two_fires_has_fired_twice() -> None:
    assert seen(judged([10, 20, 30, 30.4, 40, 50], WHOLE)) == [(Finding.FIRED_TWICE, 30)]


def test_a_fire_that_is_late_belongs_to_the_due_time_before_it() -> None:
    assert seen(judged([10, 20, 39.9, 40, 50], WHOLE)) == []
    assert seen(judged([10, 20, 40, 42, 50], WHOLE)) == [], "late by 12 s, beside one in good time"


def test_a_fire_that_is_too_late_belongs_to_nobody() -> None:
    found = judged([20, 30, 40, 46, 50], WHOLE)
    assert seen(found) == [(Finding.NEVER_FIRED, 10), (Finding.FIRED_TWICE, 40)]


def test_the_last_due_time_before_a_change_may_not_have_come_to_its_fire() -> None:
    assert seen(judged([10], [era(1, 21)])) == []
    assert seen(judged([], [era(1, 26)])) == [(Finding.NEVER_FIRED, 10)]


def test_a_due_time_shortly_after_a_change_may_fire_or_not() -> None:
    assert seen(judged([20], [era(9.5, 29)])) == seen(judged([10, 20], [era(9.5, 29)])) == []


@pytest.mark.parametrize(("second", "is_seen"), [(10.9, False), (15, True), (19.9, True)])
def test_a_paused_schedule_must_not_fire(second: float, is_seen: bool) -> None:
    found = judged([second], [era(10, 20, is_active=False)])
    assert seen(found) == ([(Finding.MISFIRED, second)] if is_seen else [])
    assert judged([], [era(5, 35, is_active=False)]).opportunities[Finding.MISFIRED] == 3


def test_a_clock_of_whole_seconds_may_tell_a_fire_as_earlier_than_it_was() -> None:
    assert seen(judged([19.0], [era(10, 19.5, is_active=False)], resolution_s=1.0)) == []


def test_a_schedule_must_not_fire_by_an_expression_that_it_has_no_more() -> None:
    assert seen(judged([20], [era(12, 40, cron=2)])) == [(Finding.MISFIRED, 20)]


def test_nothing_is_said_of_a_time_in_which_it_is_not_certain_how_the_schedule_was() -> None:
    assert seen(judged([10, 20, 34, 50], [era(1, 21), era(41, 59)])) == []


# Down from 25 to 52: 30, 40 and 50 are missed.
DOWN = [outage(25, 25.1, 52, 52.4)]
LONG = [era(1, 99)]
BEFORE, AFTER = [10, 20], [60, 70, 80, 90]


@pytest.mark.parametrize(
    ("missed", "fires", "is_seen"),
    [
        (Missed.ONCE, [52.1], False),
        (Missed.ONCE, [], True),
        (Missed.ONCE, [52.1, 52.1, 52.1], True),
        (Missed.ALL, [52.1, 52.1, 52.1], False),
        (Missed.ALL, [52.1, 52.1], True),
        (Missed.NONE, [], False),
        (Missed.NONE, [52.1], True),
    ],
)
def test_missed_times_come_to_as_many_fires_as_the_policy_says(
    missed: Missed, fires: list[float], is_seen: bool
) -> None:
    found = judged([*BEFORE, *fires, *AFTER], LONG, outages=DOWN, missed=missed)
    assert [finding for finding, _ in seen(found)] == ([Finding.MISSED_POLICY] if is_seen else [])
    assert found.opportunities[Finding.MISSED_POLICY] == 1


def test_more_fires_than_due_times_around_an_outage_are_two_for_one() -> None:
    found = judged([*BEFORE, *[52.1] * 4, *AFTER], LONG, outages=DOWN, missed=Missed.ALL)
    assert [finding for finding, _ in seen(found)] == [Finding.FIRED_TWICE]


@pytest.mark.parametrize("fires", [[30, 52.1], [52.1, 52.1], [52.1]])
def test_a_due_time_at_the_very_moment_of_the_crash_may_have_fired_or_be_missed(fires: list[float]) -> None:
    """The core was told to end at 29.95 and gone at 30.1."""
    down = [outage(29.95, 30.1, 52, 52.4)]
    assert seen(judged([*BEFORE, *fires, *AFTER], LONG, outages=down)) == []


def test_an_outage_without_a_due_time_puts_no_policy_to_the_test() -> None:
    short = [outage(25, 25.1, 26, 26.4)]
    found = judged([*BEFORE, 30, 40, 50, *AFTER], LONG, outages=short, missed=Missed.NONE)
    assert seen(found) == []
    assert Finding.MISSED_POLICY not in found.opportunities


def test_due_times_before_and_after_an_outage_are_judged_as_ever() -> None:
    found = judged([10, 52.1, 60, 70, 70.2, 90], LONG, outages=DOWN)
    assert seen(found) == [(Finding.FIRED_TWICE, 70), (Finding.NEVER_FIRED, 80)], "20 may be among the missed"


def test_a_fault_that_leaves_the_core_running_excuses_late_fires_and_not_lost_ones() -> None:
    stopped = [Outage(Span(ns(25), ns(52)), ())]
    for policy in Missed:
        assert seen(judged([*BEFORE, *[52.1] * 3, *AFTER], LONG, outages=stopped, missed=policy)) == []
    found = judged([*BEFORE, *AFTER], LONG, outages=stopped, missed=Missed.ALL)
    assert [finding for finding, _ in seen(found)] == [Finding.MISSED_POLICY]


def test_what_was_told_otherwise_doubled_or_left_unfinished_is_found() -> None:
    life = Life(3, [era(1, 9)], [fire(5, State.RUNNING)], True, told=2, lost_change_ns=ns(7), ids={1, 2})
    found = judge([life], Rules([()], Missed.ONCE, [], WallClock(START), 0.05))
    assert {sight.finding for sight in found.sights} >= {
        Finding.CHANGE_LOST,
        Finding.SCHEDULE_DOUBLED,
        Finding.FIRE_STUCK,
    }


def test_a_schedule_whose_fires_were_not_told_is_not_judged() -> None:
    found = judge([Life(0, list(WHOLE))], Rules([()], Missed.ONCE, [], WallClock(START), 0.05))
    assert (found.unread, found.sights) == (1, [])


@given(st.lists(st.integers(1, 9), max_size=6, unique=True), st.integers(0, 3))
def test_every_due_time_that_is_left_out_is_seen_and_nothing_else(left_out: list[int], late_ds: int) -> None:
    fires = [10 * n + late_ds / 10 for n in range(1, 10) if n not in left_out]
    found = seen(judged(fires, [era(1, 105)]))
    assert sorted(found) == [(Finding.NEVER_FIRED, 10 * n) for n in sorted(left_out)]
