"""What a report is made of: a run's results, and all the evidence that they were made from."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chaos.metrics.evidence import Evidence
from chaos.monitor.samples import ResourceSample, SamplesDamaged, read_samples
from chaos.run_directory import RunDirectory
from chaos.verdict.results import Results


@dataclass(frozen=True)
class ReportedRun:
    """A run that is over.

    Attributes:
        evidence: All that is known of it.
        results: What it says.
    """

    evidence: Evidence
    results: Results

    @property
    def directory(self) -> RunDirectory:
        """Where it is kept."""
        return self.evidence.directory

    @cached_property
    def samples(self) -> Sequence[ResourceSample]:
        """What each process used, the load's and the toolkit's own included, until the samples end or are damaged."""
        samples: list[ResourceSample] = []
        with contextlib.suppress(SamplesDamaged):  # the metrics that need them say so
            samples.extend(read_samples(self.directory))
        return samples

    @cached_property
    def experiment(self) -> str:
        """The experiment's file, as it was run."""
        return self.directory.experiment.read_text(encoding="utf-8")
