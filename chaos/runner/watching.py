"""Watching a run from its first process to its last, beside everything else that it does."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from pathlib import Path

from chaos.ledger.events import Event, Note
from chaos.ledger.writer import LedgerWriteFailed
from chaos.monitor.sampler import Sampler
from chaos.monitor.samples import SampleWriter
from chaos.run_directory import RunDirectory
from chaos.runner.journal import Journal
from chaos.secrets import blank


class Watching:
    """Samples what every process of a run uses.

    What goes wrong with it is noted, and never ends the run: nothing of what is asked of jobs depends on it.

    Args:
        directory: The run.
        journal: Tells which processes there are, and is told what is seen.
        data_of: The data directory of a component that was just started, if it has one.
    """

    def __init__(
        self, directory: RunDirectory, journal: Journal, data_of: Callable[[str], Path | None]
    ) -> None:
        self.sampler = Sampler(data_of)
        self._directory = directory
        self._journal = journal
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, before anything of the run is started."""
        self._journal.also_tell(self._take)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, once everything of the run is stopped. Harmless if it never began."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
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

    def _take(self, event: Event) -> None:
        self.sampler.take(event)

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
                await asyncio.sleep(pause_s)
        finally:
            writer.close()
