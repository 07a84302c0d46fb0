"""What follows a run while it is under way: the console, lines of JSON, and later a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chaos.experiment.model import Experiment
from chaos.ledger.events import Event
from chaos.run_directory import RunDirectory


@dataclass(frozen=True)
class Progress:
    """How far a run is, for people to look at.

    Attributes:
        jobs: Jobs that the load will enqueue in all.
        acknowledged: Distinct jobs whose enqueue was acknowledged.
        settled: Distinct jobs of which a worker was told that they are in a final state.
        executing: Executions under way.
        failures: Failed executions that were acknowledged.
        completions_per_s: Successes acknowledged in the last second.
    """

    jobs: int
    acknowledged: int
    settled: int
    executing: int
    failures: int
    completions_per_s: float


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

    def end(self) -> None:
        """Nothing more will happen in this run."""
        ...


class Silent:
    """Follows a run and says nothing."""

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        """Say nothing."""

    def event(self, event: Event) -> None:
        """Say nothing."""

    def progress(self, progress: Progress) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""
