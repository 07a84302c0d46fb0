"""How long an execution holds its job, and what that makes of the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.checks.findings import Finding
from chaos.checks.terms import Delay
from chaos.ledger.events import ComponentDown, ComponentUp, FaultRequested, FaultReverted
from chaos.ledger.records import Kind, State
from tests.checks.history import SUCCESS, History, at, findings_of


def down(
    component: str,
    seconds: float,
    *,
    incarnation: int = 1,
    expected: bool = True,
    asked: float | None = None,
) -> ComponentDown:
    return ComponentDown(
        time_ns=at(seconds),
        component=component,
        incarnation=incarnation,
        status="SIGKILL",
        expected=expected,
        asked_ns=None if asked is None else at(asked),
    )


def fault(seconds: float, *targets: str, name: str = "kill-1", kind: str = "kill") -> FaultRequested:
    return FaultRequested(time_ns=at(seconds), fault=name, kind=kind, targets=targets, due_ns=at(seconds))


def reverted(seconds: float, name: str = "kill-1") -> FaultReverted:
    return FaultReverted(time_ns=at(seconds), fault=name)


def two_executions(second: float, *, end: float | None = 20.0, attempts: tuple[int, int] = (1, 1)) -> History:
    """Worker 1 holds job 7 from 1 s to `end`; worker 2 receives it at `second`."""
    history = History()
    history.enqueue(7)
    history.execute(7, 1.0, end, SUCCESS, acks=[], attempt=attempts[0])
    history.execute(7, second, second + 0.1, worker=2, attempt=attempts[1])
    history.final(7, State.SUCCESS)
    return history


@pytest.mark.parametrize(
    ("second", "found"),
    [(4.9, Finding.OVERLAPPING), (5.0, Finding.REDELIVERED), (5.1, Finding.REDELIVERED)],
)
def test_a_hold_ends_with_the_timeout_less_the_resolution(
    tmp_path: Path, second: float, found: Finding
) -> None:
    assert findings_of(two_executions(second).check(tmp_path)) == {found: 1}


def delayed(begin: float, end: float, by: float, *components: str) -> Delay:
    return Delay(at(begin), at(end), round(by * 1e9), components)


@pytest.mark.parametrize(
    ("delay", "found"),
    [
        (delayed(0.0, 2.0, 0.2), Finding.REDELIVERED),
        (delayed(0.0, 2.0, 0.05), Finding.OVERLAPPING),
        (delayed(0.95, 2.0, 0.2), Finding.OVERLAPPING),
        (delayed(0.5, 0.6, 0.2), Finding.REDELIVERED),
        (delayed(0.0, 0.0, 0.2), Finding.REDELIVERED),
        (delayed(-1.0, -0.01, 0.2), Finding.OVERLAPPING),
        (delayed(0.0, 2.0, 0.2, "worker-1"), Finding.REDELIVERED),
        (delayed(0.0, 2.0, 0.2, "worker-2"), Finding.OVERLAPPING),
    ],
    ids=[
        "by as much",
        "by less",
        "no longer than it is on",
        "shortly over",
        "at once over",
        "long over",
        "its",
        "not its",
    ],
)
def test_a_hold_ends_earlier_by_the_delay_under_which_it_began(
    tmp_path: Path, delay: Delay, found: Finding
) -> None:
    assert findings_of(two_executions(4.9).check(tmp_path, delays=(delay,))) == {found: 1}


def test_delays_at_the_same_time_add_up(tmp_path: Path) -> None:
    both = (delayed(0.0, 2.0, 0.06), delayed(0.5, 3.0, 0.06))
    assert findings_of(two_executions(4.9).check(tmp_path, delays=both)) == {Finding.REDELIVERED: 1}
    assert findings_of(two_executions(4.9).check(tmp_path, delays=both[:1])) == {Finding.OVERLAPPING: 1}


@pytest.mark.parametrize(("attempts"), [(2, 1), (1, 1), (0, 0)])
@pytest.mark.parametrize(("by", "found"), [(3.0, Finding.REDELIVERED), (0.5, Finding.RE_EXECUTED)])
def test_a_hand_out_that_a_delay_held_up_may_be_older_than_one_that_came_before_it(
    tmp_path: Path, attempts: tuple[int, int], by: float, found: Finding
) -> None:
    """Worker 2 got the job late, when worker 1 had long succeeded: it may have been handed out first."""
    history = History()
    history.enqueue(7)
    history.execute(7, 2.0, 2.1, attempt=attempts[0])
    history.execute(7, 7.5 if attempts == (2, 1) else 4.5, 7.6, worker=2, attempt=attempts[1])
    history.final(7, State.SUCCESS)
    delay = delayed(0.0, 8.0, by, "worker-2")
    assert findings_of(history.check(tmp_path, delays=(delay,))) == {found: 1}


@pytest.mark.parametrize(
    ("second", "found"), [(2.9, Finding.OVERLAPPING), (3.0, Finding.REDELIVERED), (3.1, Finding.REDELIVERED)]
)
def test_a_hold_ends_with_the_worker(tmp_path: Path, second: float, found: Finding) -> None:
    history = two_executions(second)
    history.events = [down("worker-1", 3.0)]
    assert findings_of(history.check(tmp_path)) == {found: 1}


def test_a_hold_ends_when_the_kill_was_asked_for(tmp_path: Path) -> None:
    history = two_executions(2.5)
    history.events = [fault(2.0, "worker-1"), down("worker-1", 3.0, asked=2.1)]
    assert findings_of(history.check(tmp_path)) == {Finding.REDELIVERED: 1}


def test_a_fault_that_kills_late_ends_no_hold_before_that(tmp_path: Path) -> None:
    history = two_executions(2.5)
    history.events = [fault(2.0, "worker-1", "worker-2", kind="churn"), down("worker-1", 3.01, asked=3.0)]
    assert findings_of(history.check(tmp_path)) == {Finding.OVERLAPPING: 1}


def test_a_fault_that_was_over_did_not_end_the_hold(tmp_path: Path) -> None:
    history = two_executions(2.5)
    history.events = [fault(0.5, "worker-1", kind="pause"), reverted(0.8), down("worker-1", 3.0)]
    assert findings_of(history.check(tmp_path)) == {Finding.OVERLAPPING: 1}


def test_another_start_of_the_worker_ends_no_hold_of_this_one(tmp_path: Path) -> None:
    history = two_executions(2.5)
    history.events = [
        ComponentUp(time_ns=at(1.5), component="worker-1", incarnation=2, pid=2),
        down("worker-1", 2.0, incarnation=2),
    ]
    assert findings_of(history.check(tmp_path)) == {Finding.OVERLAPPING: 1}


@pytest.mark.parametrize(
    ("with_connection", "found"), [(False, Finding.OVERLAPPING), (True, Finding.REDELIVERED)]
)
def test_a_core_that_dies_ends_holds_only_where_they_end_with_the_connection(
    tmp_path: Path, with_connection: bool, found: Finding
) -> None:
    history = two_executions(2.5)
    history.events = [fault(2.0, "core"), down("core", 2.01), reverted(2.3)]
    answers = history.check(tmp_path, hold_ends_with_connection=with_connection)
    assert findings_of(answers) == {found: 1}


@pytest.mark.parametrize(
    ("target", "found"), [("worker-1", Finding.REDELIVERED), ("worker-2", Finding.OVERLAPPING)]
)
def test_what_is_received_while_the_connection_is_disturbed_is_not_held(
    tmp_path: Path, target: str, found: Finding
) -> None:
    history = two_executions(4.0)
    history.events = [fault(0.5, target, kind="reset-peer"), reverted(3.0)]
    assert findings_of(history.check(tmp_path, hold_ends_with_connection=True)) == {found: 1}


@pytest.mark.parametrize(
    ("with_connection", "lost", "second", "found"),
    [
        (True, 2.0, 2.5, Finding.REDELIVERED),
        (True, 2.6, 2.5, Finding.REDELIVERED),
        (True, 4.0, 2.5, Finding.OVERLAPPING),
        (True, 0.5, 2.5, Finding.OVERLAPPING),
        (False, 2.0, 2.5, Finding.OVERLAPPING),
    ],
    ids=["before", "noticed a little later", "long after", "before its own", "where nothing follows from it"],
)
def test_a_hold_ends_with_the_workers_own_connection(
    tmp_path: Path, with_connection: bool, lost: float, second: float, found: Finding
) -> None:
    history = two_executions(second)
    history.connection("worker-1.1", Kind.DISCONNECTED, lost)
    answers = history.check(tmp_path, hold_ends_with_connection=with_connection)
    assert findings_of(answers) == {found: 1}


def test_a_success_acknowledged_after_the_hold_makes_no_re_execution(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7)
    history.execute(7, 1.0, 5.5, acks=[(5.5, 5.6, Kind.ACK_ACKNOWLEDGED)])
    history.execute(7, 6.0, 6.1, worker=2)
    history.final(7, State.SUCCESS)
    assert findings_of(history.check(tmp_path)) == {Finding.REDELIVERED: 1}


@pytest.mark.parametrize(
    ("attempts", "found"),
    [((1, 2), Finding.OVERLAPPING), ((2, 2), Finding.OVERLAPPING), ((2, 1), Finding.REDELIVERED)],
)
def test_a_late_delivery_of_an_older_hand_out_is_not_a_new_one(
    tmp_path: Path, attempts: tuple[int, int], found: Finding
) -> None:
    assert findings_of(two_executions(2.0, attempts=attempts).check(tmp_path)) == {found: 1}


def test_executions_are_compared_under_one_id_only(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7)
    history.execute(7, 1.0, 2.0)
    history.execute(7, 1.5, 1.6, worker=2, variant=1)
    history.final(7, State.SUCCESS)
    assert findings_of(history.check(tmp_path)) == {Finding.DOUBLE_ENQUEUED: 1}


def test_what_a_dead_worker_was_doing_is_not_under_way(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7)
    history.execute(7, 98.0)
    history.final(7, State.RUNNING, read=100.0)
    history.events = [down("worker-1", 99.0)]
    assert findings_of(history.check(tmp_path)) == {Finding.STUCK: 1}


def test_a_worker_that_was_stopped_after_the_reading_was_still_at_work(tmp_path: Path) -> None:
    history = History()
    history.enqueue(7)
    history.execute(7, 98.0)
    history.final(7, State.RUNNING, read=100.0)
    history.events = [down("worker-1", 101.0)]
    assert findings_of(history.check(tmp_path)) == {}


TWO_CORES = {"core": ("worker-1",), "core-2": ("worker-2",), "postgres": ("worker-1", "worker-2")}
"""Whose way leads to each component."""


def in_flight(tmp_path: Path, *events: ComponentDown | FaultRequested | FaultReverted) -> int:
    """The opportunities of `stuck` where two workers have one execution each from 1 to 3 s."""
    history = History(events=list(events))
    for job, worker in ((1, 1), (2, 2)):
        history.enqueue(job)
        history.execute(job, 1.0, 3.0, worker=worker)
        history.final(job, State.SUCCESS)
    result = history.check(tmp_path).results[0]
    return result.opportunities[Finding.STUCK]


def test_a_fault_on_the_core_finds_all_executions_in_flight(tmp_path: Path) -> None:
    assert in_flight(tmp_path, fault(2.0, "core"), down("core", 2.01)) == 2


@pytest.mark.parametrize(("target", "touched"), [("core", 1), ("core-2", 1), ("postgres", 2), ("machine", 2)])
def test_of_two_cores_a_fault_finds_what_is_in_flight_with_the_workers_of_its_own(
    tmp_path: Path, target: str, touched: int
) -> None:
    history = History(events=[fault(2.0, target)])
    for job, worker in ((1, 1), (2, 2)):
        history.enqueue(job)
        history.execute(job, 1.0, 3.0, worker=worker)
        history.final(job, State.SUCCESS)
    result = history.check(tmp_path, load_on=TWO_CORES).results[0]
    assert result.opportunities[Finding.STUCK] == touched


@pytest.mark.parametrize(("core", "found"), [("core", Finding.REDELIVERED), ("core-2", Finding.OVERLAPPING)])
def test_of_two_cores_the_death_of_one_ends_the_connections_of_its_own_workers(
    tmp_path: Path, core: str, found: Finding
) -> None:
    history = two_executions(2.5)
    history.events = [fault(2.0, core), down(core, 2.01), reverted(2.3)]
    answers = history.check(tmp_path, hold_ends_with_connection=True, load_on=TWO_CORES)
    assert findings_of(answers) == {found: 1}


@pytest.mark.parametrize("core", ["core", "core-2", "postgres"])
def test_the_death_of_a_core_ends_no_hold_that_only_its_timeout_ends(tmp_path: Path, core: str) -> None:
    history = two_executions(2.5)
    history.events = [fault(2.0, core), down(core, 2.01), reverted(2.3)]
    assert findings_of(history.check(tmp_path, load_on=TWO_CORES)) == {Finding.OVERLAPPING: 1}


def test_a_fault_on_a_worker_finds_its_own_executions_in_flight(tmp_path: Path) -> None:
    assert in_flight(tmp_path, fault(2.0, "worker-1"), down("worker-1", 2.01)) == 1


def test_a_death_that_nobody_asked_for_finds_executions_in_flight(tmp_path: Path) -> None:
    assert in_flight(tmp_path, down("core", 2.0, expected=False)) == 2


def test_a_fault_before_or_after_finds_nothing_in_flight(tmp_path: Path) -> None:
    assert in_flight(tmp_path, fault(0.5, "core"), fault(4.0, "core", name="kill-2")) == 0


def test_what_was_killed_before_is_not_in_flight_any_more(tmp_path: Path) -> None:
    history = History(events=[down("worker-1", 2.0, expected=False), fault(3.0, "core")])
    history.enqueue(1)
    history.execute(1, 1.0)
    history.final(1, State.SUCCESS)
    assert history.check(tmp_path).results[0].opportunities[Finding.STUCK] == 1
