"""What is known of the run under way: the one picture that every export tells in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.experiment.model import Experiment
from chaos.ledger.events import (
    Event,
    FaultConfirmed,
    FaultRequested,
    FaultReverted,
    PhaseEntered,
)
from chaos.report.watcher import Progress
from chaos.run_directory import RunDirectory
from chaos.secrets import redacted
from chaos.verdict.results import Results


@dataclass(frozen=True)
class FaultWindow:
    """A fault that was requested in this run.

    Attributes:
        kind: What kind of fault.
        active: Whether it has been requested, and not undone yet.
        confirmed: Whether it was seen to have bitten.
    """

    kind: str
    active: bool = True
    confirmed: bool = False


@dataclass
class LiveRun:
    """The run that is under way, or was last. Read by other threads: every field is replaced, never changed.

    Attributes:
        run, title, system, seed: Which run of what on what.
        phase: The phase that it is in.
        progress: How far the load is; None before there is any.
        faults: Every fault that was requested, by its name.
        results: What it says; None until it was judged.
    """

    run: str
    title: str
    system: str
    seed: int
    phase: str = "prepare"
    progress: Progress | None = None
    faults: Mapping[str, FaultWindow] = field(default_factory=dict)
    results: Results | None = None

    @classmethod
    def of(cls, directory: RunDirectory, experiment: Experiment) -> LiveRun:
        """A run that begins."""
        assert experiment.seed is not None, "a run has a seed"
        return cls(directory.name, redacted(experiment.title), experiment.system.name, experiment.seed)

    def take(self, event: Event) -> None:
        """Something happened."""
        match event:
            case PhaseEntered():
                self.phase = event.phase
            case FaultRequested():
                self.faults = {**self.faults, event.fault: FaultWindow(event.kind)}
            case FaultConfirmed():
                window = self.faults[event.fault]
                self.faults = {**self.faults, event.fault: FaultWindow(window.kind, window.active, True)}
            case FaultReverted():
                window = self.faults[event.fault]
                self.faults = {**self.faults, event.fault: FaultWindow(window.kind, False, window.confirmed)}
