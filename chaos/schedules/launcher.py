"""Running checks as processes of their own, one at a time."""

from __future__ import annotations

from collections.abc import Callable

from chaos.launching.clearing import clear_up
from chaos.launching.launched import LaunchedRun
from chaos.processes.identity import ProcessIdentity
from chaos.schedules.model import Schedule
from chaos.schedules.occurrences import Occurrence
from chaos.schedules.place import Place
from chaos.schedules.reading import Schedules


class ProcessLauncher:
    """Starts each check as `chaos run`, in the directory of the file.

    Args:
        schedules: The file.
        place: Where the logs go.
    """

    def __init__(self, schedules: Schedules, place: Place) -> None:
        self._schedules = schedules
        self._place = place
        self._launched: LaunchedRun | None = None

    def start(
        self, schedule: Schedule, occurrence: Occurrence, record: Callable[[ProcessIdentity], None]
    ) -> None:
        self._place.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._launched = LaunchedRun.start(
            [*schedule.command.words, "--runs", str(self._schedules.runs), "--output", "json"],
            self._schedules.directory,
            self._place.log_of(occurrence),
            record,
        )

    def exit_code(self) -> int | None:
        return None if self._launched is None else self._launched.exit_code()

    def clear_up(self, occurrence: Occurrence) -> str:
        if occurrence.process is None:
            return "it had not begun"
        return clear_up(occurrence.process, "chaos schedule run")

    def end(self) -> None:
        if self._launched is not None:
            self._launched.end()
