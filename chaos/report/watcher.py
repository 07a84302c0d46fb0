"""What follows a run while it is under way: the console, lines of JSON, and later a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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

    @property
    def waiting(self) -> int:
        """Jobs that are enqueued, and neither settled nor being executed."""
        return max(0, self.acknowledged - self.settled - self.executing)


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


class Watchers:
    """Several watchers as one. One that fails is told no more; the others, and the run, go on.

    Args:
        watchers: In the order in which they are told.
        failed: Called with one that failed, and how; one whose reader has left is not worth a word.
    """

    def __init__(self, watchers: Iterable[Watcher], failed: Callable[[Watcher, Exception], None]) -> None:
        self._watchers = list(watchers)
        self._failed = failed

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        """Tell each."""
        self._tell(lambda watcher: watcher.begin(directory, experiment))

    def event(self, event: Event) -> None:
        """Tell each."""
        self._tell(lambda watcher: watcher.event(event))

    def progress(self, progress: Progress) -> None:
        """Tell each."""
        self._tell(lambda watcher: watcher.progress(progress))

    def end(self) -> None:
        """Tell each."""
        self._tell(lambda watcher: watcher.end())

    def _tell(self, what: Callable[[Watcher], None]) -> None:
        for watcher in list(self._watchers):
            try:
                what(watcher)
            except (OSError, SystemExit):
                self._watchers.remove(watcher)
            except Exception as error:  # noqa: BLE001 - what follows a run must not end it
                self._watchers.remove(watcher)
                self._failed(watcher, error)


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
