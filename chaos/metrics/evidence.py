"""What a metric may look at: all that is known of a finished run, each part read once, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from chaos.checks.metrics import Metrics
from chaos.checks.outcome import Outcome
from chaos.checks.recovery import Recovery
from chaos.checks.retries import Retries, retries
from chaos.checks.timeline import Timeline, timeline
from chaos.experiment.model import Experiment
from chaos.guardian.supervision import GUARDIAN
from chaos.ledger.reader import Ledger
from chaos.ledger.story import Story
from chaos.monitor.samples import RUNNER, ResourceSample, read_samples
from chaos.run_directory import RunDirectory


@dataclass(frozen=True)
class Evidence:
    """A finished run.

    Attributes:
        directory: Where it is kept.
        ledger: Its ledger, verified.
        experiment: As it was run.
        story: Its events.
        outcome: The answers of the checks, and the tally that they were made from.
        speed: Its throughput and latencies, and the times of each job.
        recovery: How fast the system was itself again.
    """

    directory: RunDirectory
    ledger: Ledger
    experiment: Experiment
    story: Story
    outcome: Outcome
    speed: Metrics
    recovery: Recovery

    @cached_property
    def retries(self) -> Retries:
        """When jobs were executed again."""
        return retries(self.ledger, self.outcome.tally)

    @cached_property
    def timeline(self) -> Timeline:
        """What happened when."""
        return timeline(self.directory.ledger, self.story.load_start_ns)

    @cached_property
    def samples(self) -> tuple[ResourceSample, ...]:
        """What the components of the system used, oldest first; the load's own processes are left out."""
        load = self.story.load_processes
        return tuple(
            sample
            for sample in read_samples(self.directory)
            if sample.component not in load and sample.component not in (RUNNER, GUARDIAN)
        )

    @cached_property
    def clock_resolution_s(self) -> float:
        """How coarse the system's clock is."""
        told = self.story.system.description if self.story.system else {}
        return float(told.get("clock_resolution_s", 0.0))

    @cached_property
    def during_ns(self) -> tuple[int, int] | None:
        """From the first fault until the last one was undone; None where that was not reached."""
        begin_ns, end_ns = self.story.phase_ns("load:during"), self.story.phase_ns("load:after")
        return None if begin_ns is None or end_ns is None else (begin_ns, end_ns)
