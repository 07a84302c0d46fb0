"""When no core could fire, by what the runner wrote down."""

from __future__ import annotations

from chaos.checks.schedules.outages import Outage, Span, outages_of
from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    ComponentUp,
    Event,
    FaultRequested,
    FaultReverted,
)

ONE = {"core": frozenset({"core", "postgres"})}
TWO = {name: frozenset({name, "postgres"}) for name in ("core-1", "core-2")}
EVERYBODY = frozenset({"core", "core-1", "core-2", "postgres", "worker-1"})


def kill(core: str, asked: int, gone: int, up: int, ready: int) -> list[Event]:
    return [
        ComponentDown(
            time_ns=gone, component=core, incarnation=1, status="SIGKILL", expected=True, asked_ns=asked
        ),
        ComponentUp(time_ns=up, component=core, incarnation=2, pid=1),
        ComponentReady(time_ns=ready, component=core, incarnation=2),
    ]


def fault(target: str, begin: int, end: int) -> list[Event]:
    return [
        FaultRequested(time_ns=begin, fault=f"on-{target}", kind="pause", targets=(target,), due_ns=begin),
        FaultReverted(time_ns=end, fault=f"on-{target}"),
    ]


def test_a_core_that_is_killed_is_down_from_its_end_to_its_next_start() -> None:
    events = kill("core", 100, 110, 200, 220)
    assert outages_of(events, ONE, EVERYBODY) == [Outage(Span(100, 220), (Span(110, 200),))]


def test_a_fault_lasts_from_its_request_to_its_end() -> None:
    events = [*fault("core", 90, 250), *kill("core", 100, 110, 200, 220)]
    events.sort(key=lambda event: event.time_ns)
    assert outages_of(events, ONE, EVERYBODY) == [Outage(Span(90, 250), (Span(110, 200),))]


def test_what_is_done_to_its_database_or_to_the_machine_is_done_to_a_core() -> None:
    for target in ("postgres", "the machine"):
        assert outages_of(fault(target, 90, 250), ONE, EVERYBODY) == [Outage(Span(90, 250), ())]


def test_what_is_done_to_a_worker_is_not() -> None:
    assert outages_of(fault("worker-1", 90, 250), ONE, EVERYBODY) == []


def test_while_another_core_is_well_there_is_no_outage() -> None:
    assert outages_of(kill("core-1", 100, 110, 200, 220), TWO, EVERYBODY) == []


def test_two_cores_are_down_while_both_are() -> None:
    events = [*kill("core-1", 100, 110, 200, 220), *kill("core-2", 150, 160, 300, 320)]
    assert outages_of(events, TWO, EVERYBODY) == [Outage(Span(150, 220), (Span(160, 200),))]
