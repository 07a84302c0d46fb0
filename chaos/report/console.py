"""A run on the console while it is under way: lines, with a live status below them on a terminal; or JSON lines."""

from __future__ import annotations

import json
from typing import IO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import Experiment
from chaos.ledger.events import (
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    LogNoticed,
    Noted,
    PhaseEntered,
    ProbeSampled,
    SilenceBegan,
    to_line,
)
from chaos.processes.logs import plain
from chaos.report.watcher import Progress
from chaos.report.words import is_small_talk, say
from chaos.run_directory import RunDirectory
from chaos.secrets import redacted

_STYLES: dict[type[Event], str] = {
    FaultRequested: "bold magenta",
    FaultConfirmed: "magenta",
    FaultReverted: "magenta",
    FaultFailed: "bold red",
    LogNoticed: "yellow",
    Noted: "bold yellow",
    ProbeSampled: "yellow",
    SilenceBegan: "bold yellow",
    PhaseEntered: "bold",
}


class ConsoleWatcher:
    """Prints a line for each event; on a terminal a last line shows how far the run is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._began_ns = now_ns()

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        """Say what is run, on what, by which seed, and where it is kept."""
        self._began_ns = now_ns()
        self._console.print(f"[bold]{escape(plain(redacted(experiment.title)))}[/bold]")
        self._console.print(
            f"system {experiment.system.name} · {experiment.load.jobs} jobs · seed {experiment.seed}"
        )
        self._console.print(f"run {escape(str(directory))}", soft_wrap=True)
        if self._console.is_terminal:
            self._live = Live(Text(""), console=self._console, refresh_per_second=5, transient=True)
            self._live.start()

    def event(self, event: Event) -> None:
        """Print a line, if the event is worth one."""
        text = say(event)
        if text is not None and not is_small_talk(event):
            at_s = seconds_between(self._began_ns, event.time_ns)
            style = _STYLES.get(type(event), "")
            self._console.print(Text(f"{max(0.0, at_s):7.2f} s  {plain(text)}", style=style), soft_wrap=True)

    def progress(self, progress: Progress) -> None:
        """Show how far the run is."""
        if self._live is not None:
            self._live.update(
                Text(
                    f"  {progress.acknowledged}/{progress.jobs} enqueued · {progress.settled} done · "
                    f"{progress.executing} running · {progress.failures} failures · "
                    f"{progress.completions_per_s:.0f} jobs/s",
                    style="cyan",
                )
            )

    def end(self) -> None:
        """Take the live line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None


class JsonWatcher:
    """Writes each event as one line of JSON, as it stands in the ledger."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        """One line that says where the run is kept."""
        self._write(
            {
                "event": "run-directory",
                "path": str(directory.path),
                "title": redacted(experiment.title),
                "seed": experiment.seed,
            }
        )

    def event(self, event: Event) -> None:
        """One line."""
        self._out.write(to_line(event).decode())
        self._out.flush()

    def progress(self, progress: Progress) -> None:
        """One line."""
        self._write({"event": "progress", **vars(progress)})

    def end(self) -> None:
        """Nothing is left to take away."""

    def _write(self, value: dict[str, object]) -> None:
        self._out.write(json.dumps(value, separators=(",", ":")) + "\n")
        self._out.flush()
