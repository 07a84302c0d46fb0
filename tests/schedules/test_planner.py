"""What is started, what is not, and what the journal says of each due time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chaos.schedules.journal import Journal
from chaos.schedules.occurrences import Outcome
from chaos.schedules.planner import Planner
from chaos.schedules.reading import Schedules
from tests.schedules.conftest import World, Write, at

Plan = Callable[[Schedules], Planner]
EVERY = "schedules:\n  - {name: often, experiments: [check.yaml], every: 10min, start-within: 30min"


def _outcomes(journal: Journal) -> list[tuple[int, str]]:
    """The minute of each due time, and what became of it, the oldest first."""
    return [
        (round((each.due - at(0)) / timedelta(minutes=1)), each.outcome)
        for each in reversed(journal.occurrences())
    ]


def _go(planner: Planner, world: World, *minutes: float) -> None:
    for minute in minutes:
        world.now = at(minute)
        planner.turn(world.now)


def test_a_check_that_is_due_runs_and_its_exit_code_says_what_became_of_it(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    plan = planner(write(EVERY + "}"))
    _go(plan, world, 0, 9, 10)
    assert _outcomes(journal) == [(10, "running")]
    world.exits = 1
    _go(plan, world, 11)
    assert _outcomes(journal) == [(10, "failed")]


def test_a_new_schedule_has_no_past(write: Write, planner: Plan, journal: Journal, world: World) -> None:
    _go(planner(write(EVERY + "}")), world, 5)
    assert _outcomes(journal) == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, "passed"),
        (1, "failed"),
        (2, "refused"),
        (3, "inconclusive"),
        (4, "interrupted"),
        (5, "toolkit-failed"),
        (137, "toolkit-failed"),
        (-9, "interrupted"),
    ],
)
def test_every_exit_code_has_its_outcome(
    write: Write, planner: Plan, journal: Journal, world: World, code: int, outcome: str
) -> None:
    world.exits = code
    _go(planner(write(EVERY + "}")), world, 0, 10, 11)
    assert _outcomes(journal) == [(10, outcome)]


def test_what_is_due_while_the_last_one_is_going_is_skipped(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    world.takes = timedelta(minutes=15)
    _go(planner(write(EVERY + "}")), world, 0, 10, 20, 25, 30)
    assert _outcomes(journal) == [(10, "passed"), (20, "skipped"), (30, "running")]


def test_with_wait_it_starts_once_the_last_one_is_over(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    world.takes = timedelta(minutes=15)
    _go(planner(write(EVERY + ", still-going: wait}")), world, 0, 10, 20, 25)
    assert _outcomes(journal) == [(10, "passed"), (20, "running")]


def test_after_a_rest_what_is_late_within_the_limit_runs_once_and_the_rest_is_missed(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    _go(planner(write(EVERY + "}")), world, 0, 55)
    assert _outcomes(journal) == [
        (10, "missed"), (20, "missed"), (30, "skipped"), (40, "skipped"), (50, "running"),
    ]  # fmt: skip


def test_after_a_rest_with_wait_each_that_is_late_within_the_limit_runs(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    _go(planner(write(EVERY + ", still-going: wait}")), world, 0, 55, 56, 57, 58)
    assert _outcomes(journal) == [
        (10, "missed"), (20, "missed"), (30, "passed"), (40, "passed"), (50, "passed"),
    ]  # fmt: skip


def test_what_waits_too_long_is_missed(write: Write, planner: Plan, journal: Journal, world: World) -> None:
    world.takes = timedelta(minutes=100)
    _go(planner(write(EVERY + ", still-going: wait}")), world, 0, 10, 20, 51)
    assert _outcomes(journal)[:2] == [(10, "running"), (20, "missed")]


def test_two_schedules_never_run_at_once(write: Write, planner: Plan, world: World) -> None:
    text = EVERY + "}\n  - {name: other, experiments: [check.yaml], every: 10min}"
    plan = planner(write(text))
    _go(plan, world, 0, 10, 10.5)
    assert [each.schedule for each in world.started] == ["often"]
    _go(plan, world, 11)
    assert [each.schedule for each in world.started] == ["often", "other"]


def test_in_a_blackout_nothing_begins(write: Write, planner: Plan, journal: Journal, world: World) -> None:
    lunch = "blackouts: [{name: lunch, cron: '5 12 * * *', for: 10min}]\n"
    _go(planner(write(lunch + EVERY + "}")), world, 0, 10, 20)
    assert _outcomes(journal) == [(10, "blacked-out"), (20, "running")]
    assert journal.occurrences(Outcome.BLACKED_OUT)[0].why == "lunch"


def test_what_is_due_while_it_is_paused_is_recorded_so(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    plan = planner(write(EVERY + "}"))
    _go(plan, world, 0)
    journal.pause("often", at(5), "the database is moved")
    _go(plan, world, 10, 20)
    journal.resume("often")
    _go(plan, world, 30)
    assert _outcomes(journal) == [(10, "paused"), (20, "paused"), (30, "running")]


def test_while_runs_are_halted_nothing_starts(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    plan = planner(write(EVERY + "}"))
    world.halt = "smoke in the server room"
    _go(plan, world, 0, 10)
    world.halt = None
    _go(plan, world, 11, 20)
    assert _outcomes(journal) == [(10, "halted"), (20, "running")]


def test_a_check_that_was_halted_as_it_began_is_recorded_as_halted(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    plan = planner(write(EVERY + "}"))
    _go(plan, world, 0, 10)
    world.halt, world.exits = "smoke", 2
    _go(plan, world, 11)
    assert _outcomes(journal) == [(10, "halted")]


def test_what_is_triggered_runs_though_the_schedule_is_paused(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    plan = planner(write(EVERY + "}"))
    _go(plan, world, 0)
    journal.pause("often", at(0), "")
    journal.trigger("often", at(3))
    _go(plan, world, 3)
    assert _outcomes(journal) == [(3, "running")]


def test_a_schedule_that_is_gone_from_the_file_starts_nothing(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    plan = planner(write(EVERY + "}"))
    _go(plan, world, 0)
    journal.trigger("often", at(3))
    _go(planner(write(EVERY.replace("often", "other") + "}")), world, 4)
    assert _outcomes(journal) == [(3, "missed")]


def test_a_clock_that_is_set_back_starts_nothing_again(
    write: Write, planner: Plan, journal: Journal, world: World
) -> None:
    _go(planner(write(EVERY + "}")), world, 0, 10, 11, 5, 10, 11, 15)
    assert _outcomes(journal) == [(10, "passed")]
