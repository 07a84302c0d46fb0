"""A silence is noticed once, told with what everybody does, and its end is told too."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.ledger.events import (
    ComponentDown,
    ComponentReady,
    Event,
    FaultRequested,
    FaultReverted,
    PhaseEntered,
    SilenceBegan,
    SilenceEnded,
)
from chaos.monitor.silence import Activity, SilenceWatch

S = 1_000_000_000


class Queue:
    """A queue whose state a test sets, and the watch over it, asked once a second."""

    def __init__(self) -> None:
        self.activity = Activity(0, 0, 0)
        self.cpu_s: Mapping[str, float] = {}
        self.watch = SilenceWatch(
            10.0, lambda: self.activity, lambda: self.cpu_s, lambda name: [f"like {name}"]
        )
        self.watch.take(ComponentReady(time_ns=0, component="core", incarnation=1))

    def begin(self) -> None:
        """The load begins, at 0 s."""
        self.watch.take(PhaseEntered(time_ns=0, phase="load:baseline"))

    def seconds(self, first: int, last: int) -> list[Event]:
        """What is told in these seconds."""
        told = (self.watch.look(at_s * S) for at_s in range(first, last + 1))
        return [event for event in told if event is not None]


def test_a_silence_is_told_once_when_it_has_lasted_long_enough() -> None:
    queue = Queue()
    queue.begin()
    queue.activity, queue.cpu_s = Activity(2 * S, 5, 1), {"core": 1.0}
    assert queue.seconds(1, 11) == []
    queue.cpu_s = {"core": 1.25}
    (began,) = queue.seconds(12, 30)
    assert began == SilenceBegan(
        time_ns=12 * S,
        since_ns=2 * S,
        waiting=5,
        executing=1,
        faults=(),
        doing=("core ready, CPU 0.25 s since, like core",),
    )


def test_its_end_is_told_and_another_one_too() -> None:
    queue = Queue()
    queue.begin()
    queue.activity = Activity(1 * S, 5, 0)
    assert len(queue.seconds(1, 15)) == 1
    queue.activity = Activity(16 * S, 4, 0)
    assert queue.seconds(16, 20) == [SilenceEnded(time_ns=16 * S, since_ns=1 * S)]
    (again,) = queue.seconds(21, 40)
    assert isinstance(again, SilenceBegan)
    assert again.since_ns == 16 * S


def test_nothing_is_silent_while_nothing_waits() -> None:
    queue = Queue()
    queue.begin()
    queue.activity = Activity(1 * S, 0, 3)
    assert queue.seconds(1, 60) == []
    queue.activity = Activity(1 * S, 2, 3)
    (began,) = queue.seconds(61, 80)
    assert began.time_ns == 70 * S


def test_a_queue_that_never_completed_anything_is_silent_from_the_start_of_the_load() -> None:
    queue = Queue()
    queue.begin()
    queue.activity = Activity(0, 5, 0)
    (began,) = queue.seconds(1, 20)
    assert isinstance(began, SilenceBegan)
    assert (began.since_ns, began.time_ns) == (0, 10 * S)


def test_before_the_load_and_after_the_drain_nobody_listens() -> None:
    queue = Queue()
    queue.activity = Activity(0, 5, 0)
    assert queue.seconds(0, 60) == []
    queue.begin()
    queue.watch.take(PhaseEntered(time_ns=61 * S, phase="check"))
    assert queue.seconds(61, 100) == []


def test_the_faults_that_are_active_are_named_and_a_component_that_is_down() -> None:
    queue = Queue()
    queue.begin()
    for name in ("kill", "pause"):
        queue.watch.take(FaultRequested(time_ns=S, fault=name, kind=name, targets=("core",), due_ns=S))
    queue.watch.take(FaultReverted(time_ns=2 * S, fault="pause"))
    queue.watch.take(
        ComponentDown(time_ns=S, component="core", incarnation=1, status="SIGKILL", expected=True)
    )
    queue.activity = Activity(1 * S, 5, 0)
    (began,) = queue.seconds(1, 20)
    assert isinstance(began, SilenceBegan)
    assert began.faults == ("kill",)
    assert began.doing == ("core down, like core",)
