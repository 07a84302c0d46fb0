"""Who is told of a run while it is under way: the console, and later a page."""

from __future__ import annotations

from typing import Protocol

from chaos.experiment.model import Experiment
from chaos.ledger.events import Event
from chaos.run_directory import RunDirectory
from chaos.runner.live import Progress


class Watcher(Protocol):
    """Told of everything, in order, from inside the run's event loop: quick, and never raising."""

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        """A run begins; the experiment has its seed."""
        ...

    def event(self, event: Event) -> None:
        """Something happened beside the jobs."""
        ...

    def progress(self, progress: Progress) -> None:
        """How far the run is, a few times a second while there is load."""
        ...
