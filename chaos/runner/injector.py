"""The timeline of the faults: each waits for its moment, bites, is proven, lasts, and is undone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from chaos.clock import now_ns
from chaos.experiment.model import AtJobs, AtTime, FaultSpec, Window
from chaos.faults.protocol import DidNotComeBack, Fault, NotConfirmed, Scene
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
from chaos.runner.live import LiveCounts
from chaos.runner.pulse import Pulse
from chaos.runner.windows import Windows


class Step(Enum):
    """Where a fault stands."""

    WAITING = auto()
    REQUESTED = auto()
    ACTIVE = auto()
    REVERTED = auto()
    NOT_INJECTED = auto()


@dataclass
class Planned:
    """A fault with its name in this run, and where it stands."""

    name: str
    fault: Fault[FaultSpec]
    step: Step = Step.WAITING


class Injector:
    """Takes every fault of a run through its steps.

    The load's end, and any other end of the run, undoes what is active: `heal` returns when nothing is left.
    """

    def __init__(
        self,
        faults: Sequence[Planned],
        *,
        scene: Scene,
        live: LiveCounts,
        pulse: Pulse,
        windows: Windows,
        may_inject: Callable[[], Awaitable[bool]],
        record: Callable[[Event], None],
    ) -> None:
        self._faults = faults
        self._scene = scene
        self._live = live
        self._pulse = pulse
        self._windows = windows
        self._may_inject = may_inject
        self._record = record
        self._load_over = asyncio.Event()
        self._cut_short = False
        self._gate: asyncio.Task[bool] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, start_ns: int) -> None:
        """Begin to wait for the moments; the load begins at `start_ns`."""
        self._tasks = [asyncio.create_task(self._run(planned, start_ns)) for planned in self._faults]

    async def heal(self, *, cut_short: bool = False) -> None:
        """Undo every fault that is active and inject no further one; returns once that is done.

        Args:
            cut_short: The run was ended before its load was: nobody need be told which moments never came.
        """
        self._cut_short = self._cut_short or cut_short
        self._load_over.set()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _run(self, planned: Planned, start_ns: int) -> None:
        if not await self._due(planned, start_ns):
            planned.step = Step.NOT_INJECTED
            if not self._cut_short:
                text = f"{planned.name} was never injected: the load ended before its moment came"
                self._record(Noted(time_ns=now_ns(), what=Note.FAULT_NOT_DUE, text=text))
        elif not await self._gate_opens() or self._load_over.is_set():
            planned.step = Step.NOT_INJECTED
        else:
            await self._inject(planned)
            await self._last(planned)
            await self._revert(planned)
        self._move_window()

    async def _due(self, planned: Planned, start_ns: int) -> bool:
        """Wait for the fault's moment; false if the load ended first."""
        moment = asyncio.create_task(self._moment(planned.fault.spec.at, start_ns))
        over = asyncio.create_task(self._load_over.wait())
        done, pending = await asyncio.wait({moment, over}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return moment in done and not self._load_over.is_set()

    async def _moment(self, at: AtTime | AtJobs, start_ns: int) -> None:
        match at:
            case AtTime():
                due_ns = start_ns + int(at.seconds * 1e9)
                await asyncio.sleep(max(0.0, (due_ns - now_ns()) / 1e9))
            case AtJobs():
                needed = at.share * self._live.progress().jobs
                await self._pulse.until(lambda: self._live.enqueued_jobs >= needed)

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

    async def _inject(self, planned: Planned) -> None:
        fault = planned.fault
        self._record(
            FaultRequested(time_ns=now_ns(), fault=planned.name, kind=fault.spec.fault, targets=fault.targets)
        )
        planned.step = Step.REQUESTED
        stage = "inject"
        try:
            await fault.inject(self._scene)
            stage = "confirm"
            evidence = await fault.confirm(self._scene)
        except (NotConfirmed, ProcessError, OSError) as error:
            self._failed(planned, stage, error)
        else:
            self._record(FaultConfirmed(time_ns=now_ns(), fault=planned.name, evidence=evidence))
        planned.step = Step.ACTIVE

    async def _last(self, planned: Planned) -> None:
        try:
            await asyncio.wait_for(self._load_over.wait(), timeout=planned.fault.spec.lasts_s)
        except TimeoutError:
            return

    async def _revert(self, planned: Planned) -> None:
        try:
            await planned.fault.revert(self._scene)
        except DidNotComeBack as error:
            self._failed(planned, "revert", error)
            self._record(Noted(time_ns=now_ns(), what=Note.DID_NOT_COME_BACK, text=str(error)))
        except (ProcessError, OSError) as error:
            self._failed(planned, "revert", error)
            text = f"{planned.name} could not be undone: {error}"
            self._record(Noted(time_ns=now_ns(), what=Note.LEFT_BEHIND, text=text))
        else:
            self._record(FaultReverted(time_ns=now_ns(), fault=planned.name))
        planned.step = Step.REVERTED

    def _failed(self, planned: Planned, stage: str, error: Exception) -> None:
        self._record(FaultFailed(time_ns=now_ns(), fault=planned.name, stage=stage, reason=str(error)))

    def _move_window(self) -> None:
        """The last fault that is undone under load opens the `after` window."""
        settled = all(planned.step in (Step.REVERTED, Step.NOT_INJECTED) for planned in self._faults)
        if settled and self._windows.current is Window.DURING and not self._load_over.is_set():
            self._windows.enter(Window.AFTER)
