"""A run, phase by phase: prepare, start, load, heal, drain, check, and stop on every way out."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

from chaos import __version__
from chaos.clock import clock_name, now_ns, utc_now
from chaos.experiment.model import Window
from chaos.experiment.writing import dump_experiment
from chaos.ledger.events import (
    Event,
    LoadScheduled,
    Note,
    Noted,
    PhaseEntered,
    RunStarted,
    SystemDescribed,
)
from chaos.ledger.tail import LedgerTail
from chaos.ledger.writer import EventWriter, LedgerWriteFailed
from chaos.load.client import QueueClient
from chaos.processes.component import Component
from chaos.processes.errors import ProcessError
from chaos.report.watcher import Silent, Watcher
from chaos.run_directory import RunDirectory, sha256_of_text
from chaos.runner.drain import drain, stalled_after_s
from chaos.runner.injector import Injector, Planned
from chaos.runner.interruption import Interruption
from chaos.runner.live import LiveCounts
from chaos.runner.load import Crew, LoadFailed, LoadPlanner
from chaos.runner.pulse import Pulse
from chaos.runner.scene import RunScene, SystemComponent
from chaos.runner.windows import SteadyState, Windows
from chaos.script import Script
from chaos.systems.protocol import Description, System, SystemUnavailable
from chaos.systems.registry import system_named

_LEAD_NS = 200_000_000
_PROGRESS_EVERY_S = 0.2
_ARRIVALS_STALL_AFTER_S = 60.0
_ENQUEUES_SETTLE_WITHIN_S = 75.0


class RunEnded(Exception):
    """The run can't go on to its next phase; what stands in the ledger says why."""


@dataclass(frozen=True)
class Source:
    """Where an experiment came from."""

    file: str
    sha256: str


class Run:
    """One run of an experiment. `execute` once."""

    def __init__(self, script: Script, source: Source, directory: RunDirectory, watcher: Watcher) -> None:
        assert script.experiment.seed is not None, "a run needs a seed"
        self._script = script
        self._experiment = script.experiment
        self._seed = script.experiment.seed
        self._source = source
        self._directory = directory
        self._watcher = watcher
        self._interruption = Interruption()
        self._unwritable: LedgerWriteFailed | None = None
        self._events = EventWriter(directory.ledger)
        self._live = LiveCounts(LedgerTail(directory.ledger), script.experiment.load.jobs)
        self._pulse = Pulse(self._live)
        self._windows = Windows(self._record)
        self._components: dict[str, SystemComponent] = {}
        self._crew: Crew | None = None
        self._injector: Injector | None = None

    async def execute(self) -> None:
        """Go through the phases; whatever happens, undo every fault and stop every process.

        What became of the run stands in its directory, for the verdict.

        Raises:
            LedgerWriteFailed: The events could not be written, so there is nothing to judge. All was stopped.
        """
        saved = dump_experiment(self._experiment)
        self._directory.experiment.write_text(saved, encoding="utf-8")
        self._tell(lambda watcher: watcher.begin(self._directory, self._experiment))
        try:
            with self._interruption as interruption:
                self._record_start(saved)
                try:
                    await interruption.cut_short(self._guarded(self._phases()))
                finally:
                    await self._guarded(self._leave())
                if interruption.signal_name is not None:
                    text = f"interrupted by {interruption.signal_name}; everything was undone and stopped"
                    self._note(Note.INTERRUPTED, text)
        finally:
            self._events.close()
        if self._unwritable is not None:
            raise self._unwritable

    def _record_start(self, saved: str) -> None:
        self._record(
            RunStarted(
                time_ns=now_ns(),
                run=self._directory.name,
                wall_time=utc_now().isoformat(timespec="milliseconds"),
                clock=clock_name(),
                seed=self._seed,
                chaos_version=__version__,
                experiment_file=self._source.file,
                experiment_sha256=self._source.sha256,
                saved_sha256=sha256_of_text(saved),
            )
        )

    async def _guarded(self, steps: Coroutine[Any, Any, None]) -> None:
        """Take these steps; what ends them early is noted, for the verdict."""
        try:
            await steps
        except RunEnded:
            return
        except LedgerWriteFailed:
            raise
        except LoadFailed as error:
            self._note(Note.TOOLKIT_FAILED, f"the load could not go on: {error}")
        except Exception as error:  # noqa: BLE001 - whatever fails, faults are undone and processes stopped
            log = self._directory.logs / "runner.log"
            with log.open("a", encoding="utf-8") as file:
                traceback.print_exc(file=file)
            self._note(Note.TOOLKIT_FAILED, f"the runner failed: {type(error).__name__}: {error}; see {log}")

    async def _phases(self) -> None:
        system = self._prepare()
        description = await self._start(system)
        pulse = asyncio.create_task(self._pulse.run())
        progress = asyncio.create_task(self._tell_progress())
        try:
            await self._load()
            await self._heal()
            await self._drain(system)
            self._must_be_up()
            await self._check(description)
        finally:
            for task in (pulse, progress):
                task.cancel()
            await asyncio.gather(pulse, progress, return_exceptions=True)

    def _prepare(self) -> System:
        self._enter("prepare")
        spec = self._experiment.system
        system = system_named(spec.name)(spec, self._directory.system)
        try:
            component_specs = system.prepare()
        except SystemUnavailable as error:
            self._note(Note.NEVER_READY, str(error))
            raise RunEnded from error
        for component_spec in component_specs:
            component = Component(component_spec.name, self._record)
            self._components[component_spec.name] = SystemComponent(
                component_spec, component, self._directory.logs
            )
        return system

    async def _start(self, system: System) -> Description:
        self._enter("start")
        for component in self._components.values():
            try:
                await component.start()
            except ProcessError as error:
                self._note(Note.NEVER_READY, f"{component.name} never became ready: {error}")
                raise RunEnded from error
        description = system.describe()
        self._record(SystemDescribed(time_ns=now_ns(), description=asdict(description)))
        planner = LoadPlanner(
            self._experiment,
            run=self._directory.name,
            seed=self._seed,
            ledger=self._directory.ledger,
            addresses=system.addresses,
        )
        self._crew = Crew(planner, self._directory.logs, self._record)
        await self._crew.start()
        return description

    async def _load(self) -> None:
        assert self._crew is not None
        self._enter("load")
        scene = RunScene(self._components, self._live, self._windows)
        steady_state = SteadyState(self._script.probes, self._windows, scene, self._record)
        over = asyncio.Event()
        self._injector = Injector(
            [Planned(name, fault) for name, fault in self._script.faults],
            scene=scene,
            live=self._live,
            pulse=self._pulse,
            windows=self._windows,
            may_inject=lambda: self._baseline_held(steady_state, over),
            record=self._record,
        )
        start_ns = now_ns() + _LEAD_NS
        self._record(LoadScheduled(time_ns=now_ns(), start_ns=start_ns))
        await self._crew.begin(start_ns)
        self._windows.enter(Window.BASELINE)
        self._injector.start(start_ns)
        watching = asyncio.create_task(steady_state.watch())
        try:
            await self._first_of(
                self._pulse.until(self._all_arrived), over.wait(), self._arrivals_stall(), watching
            )
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _first_of(self, *waits: Awaitable[object]) -> None:
        """Wait for the first of these, or for trouble: a component that ends by itself, a load that can't go on."""
        assert self._crew is not None
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(wait) for wait in waits]
        tasks.append(asyncio.ensure_future(self._crew.failure()))
        downs: list[asyncio.Future[Any]] = [c.process.unexpected for c in self._components.values()]
        try:
            done, _ = await asyncio.wait([*tasks, *downs], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _baseline_held(self, steady_state: SteadyState, over: asyncio.Event) -> bool:
        failures = await steady_state.baseline_failures()
        if not failures:
            return True
        text = "no fault was injected, because the baseline did not hold: " + "; ".join(failures)
        self._note(Note.BASELINE_NOT_HELD, text)
        over.set()
        return False

    def _all_arrived(self) -> bool:
        return self._live.arrived_jobs >= self._experiment.load.jobs

    async def _arrivals_stall(self) -> None:
        """Return once no job has been sent for so long that none will be."""
        while True:
            before = self._live.arrived_jobs
            await asyncio.sleep(_ARRIVALS_STALL_AFTER_S)
            if self._live.arrived_jobs == before:
                text = f"the load fell short: nothing was sent for {_ARRIVALS_STALL_AFTER_S:g} s, {before} jobs were"
                self._note(Note.LOAD_FELL_SHORT, text)
                return

    async def _heal(self) -> None:
        assert self._injector is not None
        self._enter("heal")
        self._windows.close()
        await self._injector.heal()
        self._must_be_up()

    def _must_be_up(self) -> None:
        down = [name for name, c in self._components.items() if not c.is_up]
        if down:
            raise RunEnded(f"{', '.join(down)} is down")

    async def _drain(self, system: System) -> None:
        assert self._crew is not None
        self._enter("drain")
        try:
            async with asyncio.timeout(_ENQUEUES_SETTLE_WITHIN_S):
                await self._first_of(self._crew.enqueued())
        except TimeoutError:
            text = f"the load fell short: producers were not done {_ENQUEUES_SETTLE_WITHIN_S:g} s after it had ended"
            self._note(Note.LOAD_FELL_SHORT, text)
        queue = QueueClient(system.addresses[0])
        ended: list[Event] = []

        async def drain_and_keep() -> None:
            ended.append(
                await drain(
                    queue,
                    self._live,
                    stalled_after_s=stalled_after_s(self._experiment),
                    at_most_s=self._experiment.verify.drain.at_most_s,
                )
            )

        try:
            await self._first_of(drain_and_keep())
        finally:
            await queue.close()
        for event in ended:
            self._record(event)

    async def _check(self, description: Description) -> None:
        assert self._crew is not None
        self._enter("check")
        await self._first_of(self._crew.read_final_states(lists=description.lists))

    async def _leave(self) -> None:
        """Undo what is still broken, then stop everything, the load first, whatever goes wrong on the way."""
        parts: list[Crew | SystemComponent | None] = [self._crew, *self._components.values()]
        try:
            if self._injector is not None:
                await self._injector.heal(cut_short=True)
        finally:
            self._enter("stop")
            for part in parts:
                if part is not None:
                    await self._stop(part)

    async def _stop(self, part: Crew | SystemComponent) -> None:
        try:
            await part.stop()
        except Exception as error:  # noqa: BLE001 - the other parts must be stopped all the same
            self._note(Note.LEFT_BEHIND, f"something could not be stopped: {error}")

    async def _tell_progress(self) -> None:
        while True:
            self._tell(lambda watcher: watcher.progress(self._live.progress()))
            await asyncio.sleep(_PROGRESS_EVERY_S)

    def _enter(self, phase: str) -> None:
        self._record(PhaseEntered(time_ns=now_ns(), phase=phase))

    def _note(self, what: Note, text: str) -> None:
        self._record(Noted(time_ns=now_ns(), what=what, text=text))

    def _record(self, event: Event) -> None:
        """Write an event and tell it on. A ledger that can't be written ends the run, and then the run leaves."""
        try:
            self._events.write(event)
        except LedgerWriteFailed as error:
            self._unwritable = self._unwritable or error
            self._interruption.end_work()
        self._tell(lambda watcher: watcher.event(event))

    def _tell(self, what: Callable[[Watcher], None]) -> None:
        """Tell the watcher. One that can't hear (a closed terminal or pipe) is told no more; the run goes on."""
        try:
            what(self._watcher)
        except (OSError, ValueError, SystemExit):
            self._watcher = Silent()
