"""`steps-out-of-order`: whether the steps of workflows were executed in their order."""

from __future__ import annotations

from chaos.checks.workflows import workflow_times
from chaos.experiment.metric_spec import JOBS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class StepsOutOfOrder(Metric):
    """The steps that were executed before the one before them had been executed with success.

    A head enqueues a step once the queue tells it that the one before has succeeded. So this counts the times that the
    queue told so of a job that nobody had done.
    """

    name = "steps-out-of-order"
    unit = JOBS
    better = Better.LOWER
    summary = "steps of workflows that began before the step before had ended with success"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over all steps that were executed."""
        load = evidence.experiment.load
        if load.workflow is None:
            return Measurement.untold("the load has no workflows")
        times = workflow_times(evidence.ledger, load.jobs, load.workflow.steps)
        if not times.followed.any():
            return Measurement.untold("no step followed another one")
        return Measurement(times.began_too_early)
