"""`worker-share`: whether any worker was left without its share of the work."""

from __future__ import annotations

from chaos.experiment.metric_spec import SHARES, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_ENOUGH_FOR_EACH = 20


class WorkerShare(Metric):
    """The jobs of the worker that completed the fewest, against its fair share: all jobs by the number of workers."""

    name = "worker-share"
    unit = SHARES
    better = Better.HIGHER
    summary = "what the least busy worker completed, against its fair share"

    def measure(self, evidence: Evidence) -> Measurement:
        """100 % is fair, 0 % is a worker that starved."""
        workers, completed_by = evidence.experiment.load.workers.count, evidence.speed.completed_by
        if workers < 2:
            return Measurement.untold("there is nothing to share among fewer than two workers")
        fair = sum(completed_by.values()) / workers
        if fair < _ENOUGH_FOR_EACH:
            return Measurement.untold(f"fewer than {_ENOUGH_FOR_EACH} jobs were completed for each worker")
        fewest = min((completed_by.get(f"worker-{number + 1}", 0), number + 1) for number in range(workers))
        return Measurement(
            fewest[0] / fair, f"worker-{fewest[1]} completed {fewest[0]} of {fair * workers:.0f}"
        )
