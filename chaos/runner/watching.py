"""Watching a run from its first process to its last, beside everything else that it does."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chaos.clock import now_ns
from chaos.experiment.model import Experiment
from chaos.ledger.events import Note
from chaos.ledger.writer import LedgerWriteFailed
from chaos.load.runtimes import RUNTIMES
from chaos.monitor.log_lines import read_line
from chaos.monitor.log_rules import LogRule
from chaos.monitor.log_watch import LogWatch
from chaos.monitor.sampler import Sampler
from chaos.monitor.samples import SampleWriter
from chaos.monitor.silence import Activity, SilenceWatch
from chaos.processes.logs import last_lines
from chaos.run_directory import RunDirectory
from chaos.runner.journal import Journal
from chaos.runner.live import LiveCounts
from chaos.script import Script, cast_of
from chaos.secrets import blank
from chaos.systems.registry import system_named

_LOGS_WITHIN_S = 0.05
_SILENCE_AFTER_S = 10.0


class Watching:
    """Samples what every process of a run uses, counts what it logs, and notices silence.

    What goes wrong with what it does once a second is noted and does not end the run: nothing of what is asked of jobs
    depends on it.

    Args:
        script: The experiment; its system and its probes say what is worth counting in logs.
        directory: The run.
        journal: Tells which processes there are, and is told what is seen.
        live: The counts of the growing ledger.
        data_of: The data directory of a component that was just started, if it has one.
    """

    def __init__(
        self,
        script: Script,
        directory: RunDirectory,
        journal: Journal,
        live: LiveCounts,
        data_of: Callable[[str], Path | None],
    ) -> None:
        self.sampler = Sampler(data_of)
        self.logs = LogWatch(directory.logs, _log_rules(script), journal.record)
        self._live = live
        self._silence = SilenceWatch(
            _silence_after_s(script.experiment), self._activity, self.sampler.cpu_s, self._condition
        )
        self._directory = directory
        self._journal = journal
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, before anything of the run is started."""
        for listener in (self.sampler.take, self.logs.take, self._silence.take):
            self._journal.also_tell(listener)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, once everything of the run is stopped. Harmless if it never began."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            self.logs.close()
        finally:
            await self._blank_logs()

    async def _blank_logs(self) -> None:
        """Take the secrets out of what the processes have logged."""
        for path in sorted(self._directory.logs.glob("*.log")):
            try:
                await asyncio.to_thread(blank, path)
            except OSError as error:
                why = error.strerror or error
                text = (
                    f"secrets could not be taken out of {path}: {why}; look through it yourself, or remove it"
                )
                self._journal.note(Note.LEFT_BEHIND, text)

    async def _run(self) -> None:
        try:
            await self._watch()
        except LedgerWriteFailed as error:
            self._journal.note(Note.NOT_WATCHED, f"what the processes use was not kept from here on: {error}")
        except Exception as error:  # noqa: BLE001 - the run goes on, and says that it was not watched
            log = self._directory.logs / "runner.log"
            with log.open("a", encoding="utf-8") as file:
                traceback.print_exc(file=file)
            text = f"the run was not watched from here on: {type(error).__name__}: {error}; see {log}"
            self._journal.note(Note.NOT_WATCHED, text)

    async def _watch(self) -> None:
        writer = SampleWriter(self._directory)
        try:
            while True:
                samples, pause_s = await asyncio.to_thread(self.sampler.sample)
                writer.write(samples)
                self.logs.read(_LOGS_WITHIN_S)
                if (told := self._silence.look(now_ns())) is not None:
                    self._journal.record(told)
                await asyncio.sleep(pause_s)
        finally:
            writer.close()

    def _activity(self) -> Activity:
        executing = self._live.in_flight().executions
        waiting = max(0, self._live.unsettled_jobs - executing)
        return Activity(self._live.last_completion_ns, waiting, executing)

    def _condition(self, component: str) -> Sequence[str]:
        status = self.sampler.status(component)
        said = map(read_line, last_lines(self._directory.logs / f"{component}.log", 1))
        return [
            *([f"process {status}"] if status else []),
            *(f"last logged: {line.message}" for line in said),
        ]


def _log_rules(script: Script) -> Mapping[str, Sequence[LogRule]]:
    """What is to be counted in the log of each component: by its system or its runtime, and for the probes."""
    spec = script.experiment.system
    system = system_named(spec.name)
    rules: dict[str, list[LogRule]] = {
        component: list(system.log_rules)
        for members in system.component_groups(spec).values()
        for component in members
    }
    groups, load = cast_of(script.experiment).groups, script.experiment.load
    for group, runtime in (("workers", load.workers.runtime), ("producers", load.producer_runtime)):
        rules |= {name: list(RUNTIMES[runtime].log_rules) for name in groups[group]}
    for probe in script.all_probes:
        for component, rule in probe.log_rules.items():
            of_component = rules.setdefault(component, [])
            if rule not in of_component:
                of_component.append(rule)
    return rules


def _silence_after_s(experiment: Experiment) -> float:
    """A queue whose jobs take a minute is not silent after ten seconds."""
    chosen = experiment.silence_after_s
    return _SILENCE_AFTER_S + experiment.load.job.duration_s if chosen is None else chosen
