"""The timeline of the faults: each waits for its moment, bites, is proven, lasts, and is undone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum, auto
from typing import Any, TypeVar

import psutil

from chaos.chance import draw
from chaos.clock import now_ns, seconds_between
from chaos.experiment.fault_spec import OCCURRENCE_MARK
from chaos.experiment.model import AtJobs, AtTime, FaultSpec, LastingSpec, Window
from chaos.faults.protocol import DidNotComeBack, Fault, NotConfirmed, NotReverted
from chaos.guardian.undo_log import UndoLog
from chaos.ledger.damage import LedgerDamaged
from chaos.ledger.events import (
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    Note,
    Noted,
)
from chaos.processes.errors import ProcessError
from chaos.proxies.errors import ProxyError
from chaos.runner.pulse import Pulse
from chaos.runner.scene import FaultScene, Stage, rank_of
from chaos.runner.windows import Windows
from chaos.script import Script, ScriptedFault

T = TypeVar("T")

_TROUBLE = (ProcessError, ProxyError, LedgerDamaged, psutil.Error, OSError)
_CONFIRMED_WITHIN_S = 10.0
_LEAST_TO_CONFIRM_S = 1.0
_AHEAD_S = 0.15
"""How long before a moment that is known the undo log is written, so that the disk does not delay the injection."""


class Step(Enum):
    """Where a fault stands: before its moment, on, undone with a next time to come, or over."""

    WAITING = auto()
    ON = auto()
    BETWEEN = auto()
    OVER = auto()


class LoadOver(Exception):
    """The load ended before something came about."""


class Injector:
    """Takes every fault of a run through its steps.

    The load's end, and any other end of the run, undoes what is active: `heal` returns when nothing is left.

    Args:
        script: The faults, their names and conditions.
        stage: What they act on.
        pulse: Wakes those who wait for something in the ledger.
        holds: Returns once a fault's condition holds, by the fault's name.
        may_inject: Whether the baseline held; asked once, when the first fault is due.
        undo_log: Takes how each change is undone, before it is made.
        record: Writes an event.
    """

    def __init__(
        self,
        script: Script,
        *,
        stage: Stage,
        pulse: Pulse,
        holds: Callable[[str], Awaitable[None]],
        may_inject: Callable[[], Awaitable[bool]],
        undo_log: UndoLog,
        record: Callable[[Event], None],
    ) -> None:
        self._script = script
        self._stage = stage
        self._pulse = pulse
        self._holds = holds
        self._may_inject = may_inject
        self._undo_log = undo_log
        self._record = record
        self._steps = {name: Step.WAITING for name, _ in script.faults}
        self._undone = {name: asyncio.Event() for name, _ in script.faults}
        self._load_over = asyncio.Event()
        self._cut_short = False
        self._gate: asyncio.Task[bool] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def _windows(self) -> Windows:
        return self._stage.windows

    def start(self, start_ns: int) -> None:
        """Begin to wait for the moments; the load begins at `start_ns`."""
        self._tasks = [
            asyncio.create_task(self._run(name, fault, start_ns)) for name, fault in self._script.faults
        ]

    async def heal(self, *, cut_short: bool = False) -> None:
        """Undo every fault that is active and inject no further one; returns once that is done.

        Args:
            cut_short: The run was ended before its load was: nobody need be told which moments never came.
        """
        self._cut_short = self._cut_short or cut_short
        self._load_over.set()
        if self._tasks:
            await asyncio.wait(self._tasks)  # unlike `gather`, this can be cancelled without cancelling them
        for task in self._tasks:
            task.result()

    async def failure(self) -> None:
        """Return never, but raise once a fault could not be taken through its steps, by no fault of the system.

        Raises:
            Exception: What went wrong.
        """
        pending = set(self._tasks)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        await asyncio.Event().wait()

    async def _run(self, name: str, fault: ScriptedFault, start_ns: int) -> None:
        """All the times that one fault is injected."""
        spec, due_ns = fault.spec, None
        wanted = 1 if spec.every_s is None else spec.times
        injected = 0
        try:
            for number in itertools.count(1):
                due_ns = await self._before_load_ends(self._moment(name, spec, number, due_ns, start_ns))
                if not await self._gate_opens():
                    return
                if self._load_over.is_set():
                    raise LoadOver
                await self._once(name, fault, number, due_ns)
                injected = number
                if injected == wanted:
                    return
                self._enter(name, Step.BETWEEN)
        except LoadOver:
            self._tell_what_was_not_due(name, injected, wanted)
        finally:
            self._enter(name, Step.OVER)

    async def _moment(
        self, name: str, spec: FaultSpec, number: int, last_ns: int | None, start_ns: int
    ) -> int:
        """Wait until this injection is due, or is about to be; when that is or was."""
        if last_ns is None:
            due_ns = await self._first_moment(name, spec, start_ns) + int(spec.delay_s * 1e9)
        else:
            due_ns = max(last_ns + self._interval_ns(name, spec, number), now_ns())
        await asyncio.sleep(max(0.0, seconds_between(now_ns(), due_ns) - _AHEAD_S))
        return due_ns

    async def _first_moment(self, name: str, spec: FaultSpec, start_ns: int) -> int:
        match spec.at:
            case AtTime():
                return start_ns + int(spec.at.seconds * 1e9)
            case AtJobs():
                needed = spec.at.share * self._script.experiment.load.jobs
                await self._pulse.until(lambda: self._stage.live.enqueued_jobs >= needed)
                return now_ns()
        if spec.after is not None:
            await self._undone[spec.after].wait()
        elif spec.when is not None:
            await self._holds(name)
        else:
            return start_ns + self._interval_ns(name, spec, 1)
        return now_ns()

    def _interval_ns(self, name: str, spec: FaultSpec, number: int) -> int:
        """The time before this injection of a repeated fault: `every`, more or less, by the seed."""
        assert spec.every_s is not None
        deviation = spec.spread * (2.0 * draw(self._stage.seed, f"{name}/every", number) - 1.0)
        return int(spec.every_s * (1.0 + deviation) * 1e9)

    def _tell_what_was_not_due(self, name: str, injected: int, wanted: int | None) -> None:
        if self._cut_short or (wanted is None and injected > 0):
            return
        often = f" more than {injected} of {wanted} times" if injected else ""
        text = f"{name} was never injected{often}: the load ended before its moment came"
        self._record(Noted(time_ns=now_ns(), what=Note.FAULT_NOT_DUE, text=text))

    async def _gate_opens(self) -> bool:
        """Whether the baseline held; decided once, when the first fault is due."""
        if self._gate is None:
            self._gate = asyncio.create_task(self._open_gate())
        return await asyncio.shield(self._gate)

    async def _open_gate(self) -> bool:
        if not await self._may_inject():
            return False
        self._windows.enter(Window.DURING)
        return True

    async def _once(self, name: str, scripted: ScriptedFault, number: int, due_ns: int) -> None:
        """One injection, from its undo log entry to its undoing."""
        fault = type(scripted)(scripted.spec)
        occurrence = name if number == 1 else f"{name}{OCCURRENCE_MARK}{number}"
        targets = fault.choose(self._stage.cast, rank_of(self._stage.seed, name, number))
        scene = FaultScene(self._stage, name=occurrence, fault=name, number=number, targets=targets)
        self._enter(name, Step.ON)
        try:
            deeds = fault.undo(scene)
        except _TROUBLE as error:
            self._failed(scene, "inject", str(error))
            self._undone[name].set()
            return
        self._undo_log.intend(occurrence, deeds)
        try:
            await self._before_load_ends(asyncio.sleep(max(0.0, seconds_between(now_ns(), due_ns))))
        except LoadOver:
            self._undo_log.undone(occurrence)
            raise
        kind = fault.spec.fault
        self._record(
            FaultRequested(time_ns=now_ns(), fault=occurrence, kind=kind, targets=targets, due_ns=due_ns)
        )
        try:
            await self._bite_and_last(fault, scene)
        finally:
            await self._revert(fault, scene)
            self._undone[name].set()

    async def _bite_and_last(self, fault: Fault[FaultSpec], scene: FaultScene) -> None:
        stage = "inject"
        try:
            await self._before_load_ends(fault.inject(scene))
            scene.injected_ns = now_ns()
            stage = "confirm"
            evidence = await self._before_load_ends(self._confirmed(fault, scene))
            self._record(FaultConfirmed(time_ns=now_ns(), fault=scene.name, evidence=evidence))
            stage = "sustain"
        except LoadOver:
            self._failed(scene, stage, "the load ended before it was seen")
        except (NotConfirmed, DidNotComeBack, *_TROUBLE) as error:
            self._failed(scene, stage, str(error))
        if stage == "inject":
            return
        try:
            await self._before_load_ends(fault.sustain(scene))
        except LoadOver:
            if _has_its_time(fault):
                self._failed(scene, "sustain", "the load ended before its time was over")
        except (NotConfirmed, DidNotComeBack, *_TROUBLE) as error:
            self._failed(scene, "sustain", str(error))

    async def _confirmed(self, fault: Fault[FaultSpec], scene: FaultScene) -> Any:
        lasts_s = fault.spec.lasts_s
        within_s = _CONFIRMED_WITHIN_S if lasts_s is None else max(lasts_s, _LEAST_TO_CONFIRM_S)
        try:
            async with asyncio.timeout(within_s):
                return await fault.confirm(scene)
        except TimeoutError:
            raise NotConfirmed(f"nothing had shown it after {within_s:g} s") from None

    async def _revert(self, fault: Fault[FaultSpec], scene: FaultScene) -> None:
        try:
            evidence = await fault.revert(scene)
        except DidNotComeBack as error:
            self._failed(scene, "revert", str(error))
            own = error.component in self._stage.cast.load
            what = Note.TOOLKIT_FAILED if own else Note.DID_NOT_COME_BACK
            self._record(Noted(time_ns=now_ns(), what=what, text=str(error)))
        except (NotReverted, *_TROUBLE) as error:
            self._failed(scene, "revert", str(error))
            text = f"{scene.name} could not be undone: {error}"
            self._record(Noted(time_ns=now_ns(), what=Note.LEFT_BEHIND, text=text))
            return
        else:
            self._record(FaultReverted(time_ns=now_ns(), fault=scene.name, evidence=evidence))
        self._undo_log.undone(scene.name)

    async def _before_load_ends(self, wait: Coroutine[Any, Any, T]) -> T:
        """What this returns.

        Raises:
            LoadOver: The load ended first; the wait was cancelled.
        """
        task = asyncio.create_task(wait)
        over = asyncio.create_task(self._load_over.wait())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not self._cut_short:
                return task.result()
        finally:
            await _cancelled((task, over))
        raise LoadOver

    def _failed(self, scene: FaultScene, stage: str, reason: str) -> None:
        self._record(FaultFailed(time_ns=now_ns(), fault=scene.name, stage=stage, reason=reason))

    def _enter(self, name: str, step: Step) -> None:
        """A fault goes on to a step. The last one that is over under load opens the `after` window."""
        self._steps[name] = step
        over = all(step is Step.OVER for step in self._steps.values())
        if over and self._windows.current is Window.DURING and not self._load_over.is_set():
            self._windows.enter(Window.AFTER)


def _has_its_time(fault: Fault[FaultSpec]) -> bool:
    """Whether a fault was to be on for a time that somebody chose, or to do something meanwhile."""
    does_something = type(fault).sustain is not Fault.sustain
    return fault.spec.lasts_s is not None and (does_something or isinstance(fault.spec, LastingSpec))


async def _cancelled(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
