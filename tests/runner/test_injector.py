"""The timeline of the faults: when each is injected, what is on the disk by then, and what is told of each step."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from chaos.clock import now_ns
from chaos.experiment.model import Experiment, LastingSpec, Load, SystemSpec, TargetedSpec, Window
from chaos.experiment.targets import Cast
from chaos.faults.protocol import DidNotComeBack, Evidence, Fault, NotConfirmed, NotReverted, Scene
from chaos.guardian.deed import Deed
from chaos.guardian.deeds.remove_path import RemovePath
from chaos.guardian.undo_log import UndoLog, read_undo_log
from chaos.ledger.events import (
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    Note,
    Noted,
)
from chaos.processes.errors import ProcessGoneError
from chaos.run_directory import RunDirectory
from chaos.runner.injector import Injector
from chaos.runner.pulse import Pulse
from chaos.runner.scene import Stage
from chaos.runner.windows import Windows
from chaos.script import Script

CAST = Cast({"cores": ("core",), "producers": ("producer-1",), "workers": ("worker-1", "worker-2")})
MS = 1_000_000


class ToySpec(TargetedSpec, LastingSpec):
    """A fault that changes nothing."""


class Toy(Fault[ToySpec]):
    """Does at each step what the test says, or nothing."""

    spec_model = ToySpec
    family = "process"
    summary = "nothing"
    evidence = "none"
    example = ""
    does: ClassVar[dict[str, Callable[[], object]]] = {}
    deeds: ClassVar[Sequence[Deed]] = ()

    def undo(self, scene: Scene) -> Sequence[Deed]:  # noqa: ARG002
        """The deeds of the test."""
        self._do("undo")
        return self.deeds

    async def inject(self, scene: Scene) -> None:  # noqa: ARG002
        """Nothing."""
        self._do("inject")

    async def confirm(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """Nothing."""
        self._do("confirm")
        return {"seen": True}

    async def revert(self, scene: Scene) -> Evidence:  # noqa: ARG002
        """Nothing."""
        self._do("revert")
        return {"gone": True}

    def _do(self, step: str) -> None:
        self.does.get(step, lambda: None)()


class FakeLive:
    """As many jobs enqueued as the test says."""

    enqueued_jobs = 0

    def refresh(self) -> None:
        """Nothing is read."""


class Timeline:
    """An injector with toys, and everything that it told."""

    def __init__(self, place: Path, *faults: dict[str, Any], **does: Callable[[], object]) -> None:
        self.events: list[Event] = []
        self.directory = RunDirectory.create(place, "toys")
        self.live = FakeLive()
        self.condition = asyncio.Event()
        self.baseline_holds = True
        toy = type("ThisToy", (Toy,), {"does": does, "deeds": (RemovePath("/nowhere/x", "/nowhere"),)})
        specs = [ToySpec.model_validate({"fault": "toy", "target": "core", **fault}) for fault in faults]
        experiment = Experiment(
            title="toys", system=SystemSpec(name="reference"), load=Load(jobs=100, rate=100.0), seed=7
        )
        made = tuple((spec.name or "toy", toy(spec)) for spec in specs)
        self.windows = Windows(self.events.append)
        stage = Stage(
            seed=7,
            cast=CAST,
            proxies=cast(Any, None),
            live=cast(Any, self.live),
            windows=self.windows,
            ledger=place,
            logs=place,
            scratch=place,
            record=self.events.append,
        )
        self.pulse = Pulse(cast(Any, self.live))
        self.injector = Injector(
            Script(experiment, made, (), {}, ()),
            stage=stage,
            pulse=self.pulse,
            holds=self._holds,
            may_inject=self._may_inject,
            undo_log=UndoLog(self.directory),
            record=self.events.append,
        )

    async def play(self, load_s: float, meanwhile: Awaitable[None] | None = None) -> None:
        """Let the load last so long, and undo what is on then."""
        self.start_ns = now_ns()
        self.windows.enter(Window.BASELINE)
        beating = asyncio.create_task(self.pulse.run())
        self.injector.start(self.start_ns)
        try:
            if meanwhile is not None:
                await meanwhile
            await asyncio.wait([asyncio.create_task(self.injector.failure())], timeout=load_s)
            await self.injector.heal()
        finally:
            beating.cancel()

    def told(self, kind: type[Any]) -> list[Any]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def requested_ms(self) -> list[float]:
        """When each injection was asked for, since the load began."""
        return [(event.time_ns - self.start_ns) / MS for event in self.told(FaultRequested)]

    def open_changes(self) -> list[str]:
        """What the undo log says is still to be undone."""
        return [change.fault for change in read_undo_log(self.directory).open_changes]

    async def _holds(self, _fault: str) -> None:
        await self.condition.wait()

    async def _may_inject(self) -> bool:
        return self.baseline_holds


async def test_each_step_is_told_with_its_evidence_and_nothing_is_left_open(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, {"at": "50ms", "for": "50ms"})
    await timeline.play(0.6)
    (requested,), (confirmed,), (reverted,) = (
        timeline.told(kind) for kind in (FaultRequested, FaultConfirmed, FaultReverted)
    )
    assert timeline.requested_ms()[0] >= 50
    assert confirmed.evidence == {"seen": True}
    assert reverted.evidence == {"gone": True}
    assert reverted.time_ns - requested.time_ns >= 50 * MS
    assert timeline.open_changes() == []


async def test_how_it_is_undone_is_on_the_disk_before_anything_is_changed(tmp_path: Path) -> None:
    seen: list[list[str]] = []
    timeline = Timeline(
        tmp_path,
        {"at": "0s", "for": "10ms"},
        inject=lambda: seen.append(timeline.open_changes()),
        revert=lambda: seen.append(timeline.open_changes()),
    )
    await timeline.play(0.3)
    assert seen == [["toy"], ["toy"]]
    assert timeline.open_changes() == []


async def test_a_share_of_the_jobs_is_waited_for(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, {"at": "40% of jobs", "for": "10ms"})

    async def enqueue() -> None:
        timeline.live.enqueued_jobs = 39
        await asyncio.sleep(0.1)
        assert timeline.requested_ms() == []
        timeline.live.enqueued_jobs = 40

    await timeline.play(0.3, enqueue())
    assert len(timeline.requested_ms()) == 1


async def test_a_condition_is_waited_for_and_then_the_delay(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, {"when": {"probe": "throughput"}, "delay": "100ms", "for": "10ms"})

    async def hold() -> None:
        await asyncio.sleep(0.1)
        assert timeline.requested_ms() == []
        timeline.condition.set()

    await timeline.play(0.4, hold())
    (requested_ms,) = timeline.requested_ms()
    assert requested_ms >= 200


async def test_one_that_comes_after_another_waits_until_that_is_undone(tmp_path: Path) -> None:
    timeline = Timeline(
        tmp_path,
        {"name": "second", "after": "first", "delay": "50ms", "for": "10ms"},
        {"name": "first", "at": "0s", "for": "100ms"},
    )
    await timeline.play(0.5)
    first, second = timeline.told(FaultRequested)
    undone = next(event for event in timeline.told(FaultReverted) if event.fault == "first")
    assert (first.fault, second.fault) == ("first", "second")
    assert second.time_ns - undone.time_ns >= 50 * MS


async def test_a_repeated_one_comes_so_often_at_times_that_the_seed_decides(tmp_path: Path) -> None:
    dues = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        timeline = Timeline(
            tmp_path / run, {"at": "20ms", "every": "100ms", "spread": "20%", "times": 3, "for": "0s"}
        )
        await timeline.play(0.6)
        requested = timeline.told(FaultRequested)
        assert [event.fault for event in requested] == ["toy", "toy#2", "toy#3"]
        dues.append([(event.due_ns - requested[0].due_ns) // MS for event in requested])
    assert dues[0] == dues[1], "the same seed, the same moments"
    gaps = [later - earlier for earlier, later in zip(dues[0], dues[0][1:], strict=False)]
    assert all(80 <= gap <= 120 for gap in gaps)
    assert gaps != [100, 100]


async def test_one_that_is_on_when_the_load_ends_is_undone_and_said_to_be_cut_short(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, {"at": "0s", "for": "10s"})
    await timeline.play(0.2)
    (failed,) = timeline.told(FaultFailed)
    assert (failed.stage, failed.reason) == ("sustain", "the load ended before its time was over")
    assert len(timeline.told(FaultReverted)) == 1
    assert timeline.open_changes() == []


async def test_without_an_end_of_its_own_it_lasts_as_long_as_the_load(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, {"at": "0s"})
    await timeline.play(0.2)
    assert timeline.told(FaultFailed) == []
    assert (timeline.told(FaultReverted)[0].time_ns - timeline.start_ns) >= 200 * MS


@pytest.mark.parametrize("cut_short", [False, True])
async def test_one_whose_moment_never_came_is_told_unless_the_run_was_cut_short(
    tmp_path: Path, cut_short: bool
) -> None:
    timeline = Timeline(tmp_path, {"at": "10s"})
    timeline.injector.start(now_ns())
    await asyncio.sleep(0)
    await timeline.injector.heal(cut_short=cut_short)
    notes = [note.what for note in timeline.told(Noted)]
    assert notes == ([] if cut_short else [Note.FAULT_NOT_DUE])
    assert timeline.told(FaultRequested) == []


async def test_nothing_is_injected_into_a_system_that_was_not_well_before(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path, {"at": "0s"}, {"name": "other", "at": "10ms"})
    timeline.baseline_holds = False
    await timeline.play(0.2)
    assert timeline.told(FaultRequested) == []
    assert timeline.windows.current is Window.BASELINE


async def test_the_windows_follow_the_first_and_the_last_fault(tmp_path: Path) -> None:
    seen: list[Window | None] = []
    timeline = Timeline(
        tmp_path,
        {"at": "20ms", "for": "20ms"},
        {"name": "last", "at": "150ms", "for": "20ms"},
        inject=lambda: seen.append(timeline.windows.current),
    )
    await timeline.play(0.4)
    assert seen == [Window.DURING, Window.DURING]
    assert timeline.windows.current is Window.AFTER


def _raises(error: Exception) -> Callable[[], object]:
    def step() -> object:
        raise error

    return step


@pytest.mark.parametrize(
    ("step", "error"),
    [("inject", ProcessGoneError("it is gone")), ("confirm", NotConfirmed("nothing shows it"))],
)
async def test_one_that_does_not_bite_is_told_and_undone(tmp_path: Path, step: str, error: Exception) -> None:
    timeline = Timeline(tmp_path, {"at": "0s", "for": "10ms"}, **{step: _raises(error)})
    await timeline.play(0.2)
    (failed,) = timeline.told(FaultFailed)
    assert (failed.stage, failed.reason) == (step, str(error))
    assert timeline.told(FaultConfirmed) == []
    assert len(timeline.told(FaultReverted)) == 1
    assert timeline.open_changes() == []


async def test_one_that_can_not_say_how_it_is_undone_is_not_injected(tmp_path: Path) -> None:
    injected: list[str] = []
    timeline = Timeline(
        tmp_path,
        {"at": "0s"},
        undo=_raises(ProcessGoneError("it is gone")),
        inject=lambda: injected.append("injected"),
    )
    await timeline.play(0.2)
    (failed,) = timeline.told(FaultFailed)
    assert failed.stage == "inject"
    assert injected == []


async def test_what_could_not_be_undone_stays_in_the_undo_log_and_is_told(tmp_path: Path) -> None:
    timeline = Timeline(
        tmp_path, {"at": "0s", "for": "10ms"}, revert=_raises(NotReverted("it is still seen"))
    )
    await timeline.play(0.2)
    (note,) = timeline.told(Noted)
    assert (note.what, note.text) == (Note.LEFT_BEHIND, "toy could not be undone: it is still seen")
    assert timeline.told(FaultReverted) == []
    assert timeline.open_changes() == ["toy"]


@pytest.mark.parametrize(
    ("component", "whose"), [("core", Note.DID_NOT_COME_BACK), ("worker-2", Note.TOOLKIT_FAILED)]
)
async def test_who_has_to_answer_for_one_that_does_not_come_back(
    tmp_path: Path, component: str, whose: Note
) -> None:
    timeline = Timeline(
        tmp_path, {"at": "0s", "for": "10ms"}, revert=_raises(DidNotComeBack(component, "it exited"))
    )
    await timeline.play(0.2)
    (note,) = timeline.told(Noted)
    assert (note.what, note.text) == (whose, f"{component} did not come back after the fault: it exited")
    assert timeline.open_changes() == [], "the change itself is undone"


async def test_an_error_that_no_fault_foresees_ends_the_run_and_is_undone_first(tmp_path: Path) -> None:
    undone: list[str] = []
    timeline = Timeline(
        tmp_path, {"at": "0s"}, confirm=_raises(KeyError("x")), revert=lambda: undone.append("undone")
    )
    timeline.injector.start(now_ns())
    with pytest.raises(KeyError):
        await asyncio.wait_for(timeline.injector.failure(), 2.0)
    assert undone == ["undone"]
