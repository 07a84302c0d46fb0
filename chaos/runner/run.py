"""A run, phase by phase: prepare, start, load, heal, drain, check, and stop on every way out."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any

from chaos import __version__
from chaos.clock import clock_name, now_ns, seconds_between, utc_now
from chaos.experiment.model import Window
from chaos.experiment.writing import dump_experiment
from chaos.guardian.halting import halted
from chaos.guardian.mark import marked
from chaos.guardian.supervision import GuardianFailed, HaltedError
from chaos.guardian.undo_log import UndoLogFailed
from chaos.ledger.events import ENDS_SAID, Event, LoadScheduled, Note, RunEnded, RunStarted
from chaos.ledger.tail import LedgerTail
from chaos.ledger.writer import LedgerWriteFailed
from chaos.load.client import QueueClient
from chaos.monitor.samples import size_bytes
from chaos.processes.errors import ProcessError
from chaos.proxies.errors import ProxyError
from chaos.report.watcher import Watcher
from chaos.run_directory import RunDirectory, sha256_of_text
from chaos.runner.conditions import until_one_holds
from chaos.runner.drain import drain, stalled_after_s
from chaos.runner.injector import Injector
from chaos.runner.interruption import Interruption
from chaos.runner.journal import Journal
from chaos.runner.live import LiveCounts
from chaos.runner.load import Crew, LoadFailed, LoadPlanner
from chaos.runner.pulse import Pulse
from chaos.runner.scene import RunScene, Stage
from chaos.runner.surroundings import NeverReady, Surroundings
from chaos.runner.watching import Watching
from chaos.runner.windows import SteadyState, Windows
from chaos.script import Script, cast_of
from chaos.systems.abilities import Abilities
from chaos.systems.protocol import Description, SystemUnavailable

_LEAD_NS = 200_000_000
_PROGRESS_EVERY_S = 0.2
_ARRIVALS_STALL_AFTER_S = 60.0
_ENQUEUES_SETTLE_WITHIN_S = 75.0


class CutShort(Exception):
    """The run can't go on to its next phase; what stands in the ledger says why."""


@dataclass(frozen=True)
class Source:
    """Where an experiment came from: a file, the digest of it and all that it extends, and a profile of it."""

    file: str
    sha256: str
    profile: str | None = None


class Run:
    """One run of an experiment. `execute` once.

    Args:
        script: The experiment, with its seed, faults and probes.
        source: Where it came from.
        directory: Where the run is kept.
        watcher: Follows the run.
        toxiproxy_url: A Toxiproxy server to use instead of one of the run's own.
    """

    def __init__(
        self,
        script: Script,
        source: Source,
        directory: RunDirectory,
        watcher: Watcher,
        toxiproxy_url: str | None = None,
    ) -> None:
        assert script.experiment.seed is not None, "a run needs a seed"
        self._script = script
        self._experiment = script.experiment
        self._seed = script.experiment.seed
        self._source = source
        self._directory = directory
        self._interruption = Interruption()
        self._journal = Journal(directory.ledger, watcher, self._interruption.end_work)
        self._live = LiveCounts(
            LedgerTail(directory.ledger),
            script.experiment.load.jobs,
            latencies=any(probe.reads_latencies for probe in script.all_probes),
        )
        self._journal.also_tell(self._live.take)
        self._pulse = Pulse(self._live)
        self._windows = Windows(self._journal.record)
        self._cast = cast_of(script.experiment)
        self._around = Surroundings(script, self._cast, directory, self._journal, toxiproxy_url)
        self._watching = Watching(script, directory, self._journal, self._live, self._around.data_of)
        self._stage = Stage(
            seed=self._seed,
            cast=self._cast,
            proxies=self._around.proxies,
            live=self._live,
            windows=self._windows,
            ledger=directory.ledger,
            logs=directory.logs,
            scratch=directory.scratch,
            record=self._journal.record,
            system=self._around.system,
        )
        self._crew: Crew | None = None
        self._injector: Injector | None = None
        self._background: list[asyncio.Task[None]] = []

    async def execute(self) -> None:
        """Go through the phases; whatever happens, undo every fault and stop every process.

        What became of the run stands in its directory, for the verdict.

        Raises:
            LedgerWriteFailed: The events could not be written, so there is nothing to judge. All was stopped.
        """
        saved = dump_experiment(self._experiment)
        self._directory.experiment.write_text(saved, encoding="utf-8")
        self._journal.tell(lambda watcher: watcher.begin(self._directory, self._experiment))
        try:
            with self._interruption as interruption, marked(self._directory.name):
                self._record_start(saved)
                try:
                    await interruption.cut_short(self._guarded(self._phases()))
                finally:
                    await self._guarded(self._leave())
                if interruption.signal_name is not None:
                    self._note_interruption(interruption.signal_name)
                self._record_end()
        finally:
            self._journal.close()
        if self._journal.failure is not None:
            raise self._journal.failure

    def _record_start(self, saved: str) -> None:
        self._journal.record(
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
                profile=self._source.profile,
                version=ENDS_SAID,
            )
        )

    def _record_end(self) -> None:
        self._journal.record(RunEnded(time_ns=now_ns(), samples_bytes=size_bytes(self._directory)))

    def _note_interruption(self, signal_name: str) -> None:
        halt = halted()
        if halt is not None:
            self._journal.note(Note.HALTED, f"halted: {halt.reason}; everything was undone and stopped")
        else:
            text = f"interrupted by {signal_name}; everything was undone and stopped"
            self._journal.note(Note.INTERRUPTED, text)

    async def _guarded(self, steps: Coroutine[Any, Any, None]) -> None:
        """Take these steps; what ends them early is noted, for the verdict."""
        try:
            await steps
        except CutShort:
            return
        except LedgerWriteFailed:
            raise
        except LoadFailed as error:
            self._journal.note(Note.TOOLKIT_FAILED, f"the load could not go on: {error}")
        except Exception as error:  # noqa: BLE001 - whatever fails, faults are undone and processes stopped
            log = self._directory.logs / "runner.log"
            with log.open("a", encoding="utf-8") as file:
                traceback.print_exc(file=file)
            text = f"the runner failed: {type(error).__name__}: {error}; see {log}"
            self._journal.note(Note.TOOLKIT_FAILED, text)

    async def _phases(self) -> None:
        self._watching.start()
        self._journal.enter("prepare")
        await self._prepare()
        self._background = [asyncio.create_task(work) for work in (self._pulse.run(), self._tell_progress())]
        tasks = [asyncio.create_task(self._end_with_guardian()), *self._background]
        try:
            self._journal.enter("start")
            description = await self._start()
            await self._load()
            await self._heal()
            await self._drain()
            self._must_be_up()
            await self._check(description)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _prepare(self) -> None:
        try:
            await self._around.guard()
            self._around.prepare()
        except HaltedError as error:
            self._journal.note(Note.HALTED, str(error))
            raise CutShort from error
        except (GuardianFailed, UndoLogFailed) as error:
            self._journal.note(Note.TOOLKIT_FAILED, str(error))
            raise CutShort from error
        except SystemUnavailable as error:
            self._journal.note(Note.NEVER_READY, str(error))
            raise CutShort from error

    async def _end_with_guardian(self) -> None:
        """A run without its guardian would leave everything behind if it died, so it ends itself."""
        how = await self._around.guardian.died
        text = f"the guardian died ({how}), so the run was halted; everything was undone and stopped"
        self._journal.note(Note.GUARDIAN_DIED, text)
        self._interruption.end_work()

    async def _start(self) -> Description:
        try:
            description = await self._around.start()
        except NeverReady as error:
            self._journal.note(Note.NEVER_READY, str(error))
            raise CutShort from error
        except (ProxyError, ProcessError) as error:
            self._journal.note(Note.TOOLKIT_FAILED, f"the proxies could not be made: {error}")
            raise CutShort from error
        self._must_be_able(description)
        planner = LoadPlanner(
            self._experiment,
            run=self._directory.name,
            seed=self._seed,
            ledger=self._directory.ledger,
            address_of=self._address_of,
        )
        self._crew = Crew(planner, self._directory.logs, self._journal.record, self._live)
        await self._crew.start()
        self._stage.breakables.update(self._around.breakables)
        self._stage.breakables.update(self._crew.breakables)
        self._stage.disks.update(self._around.reachable_disks)
        return description

    def _must_be_able(self, description: Description) -> None:
        """Refuse an experiment that asks for what the system can't do, before there is any load."""
        lacking = list(Abilities.told_by(description).lacking_for(self._experiment.load))
        for what in lacking:
            self._journal.note(
                Note.SYSTEM_LACKS, f"{description.name} {description.version} can't be used: {what}"
            )
        if lacking:
            raise CutShort

    def _address_of(self, client: str) -> str:
        """Where a process of the load connects to. The reader asks past every proxy."""
        for linked, server in self._cast.links:
            if linked == client:
                return self._around.address_for(client, server)
        return self._around.system.addresses[0]

    async def _load(self) -> None:
        assert self._crew is not None
        self._journal.enter("load")
        scene = RunScene(self._stage, self._watching)
        steady_state = SteadyState(self._script.probes, self._windows, scene, self._journal.record)
        over = asyncio.Event()

        async def holds(fault: str) -> None:
            await until_one_holds([self._script.conditions[fault]], scene)

        self._injector = Injector(
            self._script,
            stage=self._stage,
            pulse=self._pulse,
            holds=holds,
            may_inject=lambda: self._baseline_held(steady_state, over),
            undo_log=self._around.undo_log,
            record=self._journal.record,
        )
        start_ns = now_ns() + _LEAD_NS
        self._journal.record(LoadScheduled(time_ns=now_ns(), start_ns=start_ns))
        await self._crew.begin(start_ns)
        self._injector.start(start_ns)
        await asyncio.sleep(max(0.0, seconds_between(now_ns(), start_ns)))
        self._windows.enter(Window.BASELINE)
        watching = asyncio.create_task(steady_state.watch())
        try:
            await self._first_of(
                self._pulse.until(self._all_arrived),
                over.wait(),
                self._arrivals_stall(),
                self._stop_condition(scene),
                watching,
            )
            await steady_state.ask_the_unasked()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _first_of(self, *waits: Awaitable[object]) -> None:
        """Wait for the first of these, or for trouble: a component that ends by itself, a load that can't go on."""
        assert self._crew is not None
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(wait) for wait in waits]
        tasks.append(asyncio.ensure_future(self._crew.failure()))
        if self._injector is not None:
            tasks.append(asyncio.ensure_future(self._injector.failure()))
        downs: list[asyncio.Future[Any]] = [component.unexpected for component in self._around.watched]
        watched = [*tasks, *downs, *self._background]
        try:
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
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
        self._journal.note(Note.BASELINE_NOT_HELD, text)
        over.set()
        return False

    async def _stop_condition(self, scene: RunScene) -> None:
        """Halt the run once one of its stop conditions holds."""
        which = await until_one_holds(self._script.stop_when, scene)
        self._journal.note(Note.HALTED, f"halted, because a stop condition held: {which}")
        raise CutShort

    def _all_arrived(self) -> bool:
        return self._live.arrived_jobs >= self._experiment.load.jobs

    async def _arrivals_stall(self) -> None:
        """Return once no job has been sent for so long that none will be."""
        while True:
            before = self._live.arrived_jobs
            await asyncio.sleep(_ARRIVALS_STALL_AFTER_S)
            if self._live.arrived_jobs == before:
                text = f"the load fell short: nothing was sent for {_ARRIVALS_STALL_AFTER_S:g} s, {before} jobs were"
                self._journal.note(Note.LOAD_FELL_SHORT, text)
                return

    async def _heal(self) -> None:
        assert self._injector is not None
        self._journal.enter("heal")
        self._windows.close()
        await self._injector.heal()
        self._must_be_up()

    def _must_be_up(self) -> None:
        down = [name for name, component in self._around.components.items() if not component.is_up]
        if down:
            raise CutShort(f"{', '.join(down)} is down")

    async def _drain(self) -> None:
        assert self._crew is not None
        self._journal.enter("drain")
        try:
            async with asyncio.timeout(_ENQUEUES_SETTLE_WITHIN_S):
                await self._first_of(self._crew.enqueued())
        except TimeoutError:
            text = f"the load fell short: producers were not done {_ENQUEUES_SETTLE_WITHIN_S:g} s after it had ended"
            self._journal.note(Note.LOAD_FELL_SHORT, text)
        await self._crew.end_operations()
        queue = QueueClient(self._around.system.addresses[0])
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
            self._journal.record(event)

    async def _check(self, description: Description) -> None:
        assert self._crew is not None
        self._journal.enter("check")
        await self._first_of(self._crew.read_final_states(lists=description.lists))

    async def _leave(self) -> None:
        """Undo what is still broken, then stop everything, the load first, whatever goes wrong on the way."""
        try:
            if self._injector is not None:
                await self._injector.heal(cut_short=True)
        finally:
            self._journal.enter("stop")
            left = []
            for part in [self._crew, *self._stage.tools]:
                try:
                    if part is not None:
                        await part.stop()
                except Exception as error:  # noqa: BLE001 - the other parts must be stopped all the same
                    left.append(f"something could not be stopped: {error}")
            left += await self._around.stop()
            await self._watching.stop()
            for text in left:
                self._journal.note(Note.LEFT_BEHIND, text)

    async def _tell_progress(self) -> None:
        while True:
            self._journal.tell(lambda watcher: watcher.progress(self._live.progress()))
            await asyncio.sleep(_PROGRESS_EVERY_S)
