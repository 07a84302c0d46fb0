"""`throughput`: how many jobs a second were completed while the load lasted."""

from __future__ import annotations

from typing import ClassVar

from chaos.experiment.metric_spec import JOBS_PER_SECOND, Better, Levels
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_KEPT_PACE = 0.95


class Throughput(Metric):
    """Completions a second. A load that arrives more slowly than that holds it down, and not the system.

    At rate `max` enqueueing ends long before the work does, so there the time until the last completion counts.
    """

    name = "throughput"
    unit = JOBS_PER_SECOND
    better = Better.HIGHER
    summary = "jobs completed a second"

    def measure(self, evidence: Evidence) -> Measurement:
        """Completions within the load, or over all of it at rate `max`."""
        speed, load = evidence.speed, evidence.experiment.load
        if speed.completed == 0:
            return Measurement.untold("no job was completed")
        if load.rate == "max":
            return Measurement(speed.overall_per_s)
        if speed.throughput_per_s < _KEPT_PACE * load.rate:
            return Measurement(speed.throughput_per_s)
        note = f"all that arrived: {load.rate:g} jobs/s"
        return Measurement(speed.throughput_per_s, note, held_by_load=True)


class _WithWorkers(Throughput):
    """The throughput of a run with just so many workers, so that it can be compared with a number that is known."""

    workers: ClassVar[int]

    def measure(self, evidence: Evidence) -> Measurement:
        """The throughput, if the run had these workers."""
        count = evidence.experiment.load.workers.count
        if count != self.workers:
            return Measurement.untold(f"this run had {count} workers")
        return super().measure(evidence)


class WithOneWorker(_WithWorkers):
    """The throughput of one worker."""

    name = "throughput-1-worker"
    summary = "jobs completed a second by one worker"
    levels = Levels(target=100.0, acceptable=50.0, critical=20.0)
    workers = 1


class WithTenWorkers(_WithWorkers):
    """The throughput of ten workers together."""

    name = "throughput-10-workers"
    summary = "jobs completed a second by ten workers"
    levels = Levels(target=500.0, acceptable=200.0, critical=100.0)
    workers = 10
