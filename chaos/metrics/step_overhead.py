"""`step-overhead`: what the queue adds between two steps of a workflow."""

from __future__ import annotations

import numpy as np

from chaos.checks.workflows import workflow_times
from chaos.experiment.metric_spec import SECONDS, Better
from chaos.load.workflow import ASKS_EVERY_S
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class StepOverhead(Metric):
    """The time from the end of a step's work to the beginning of the next step's: the median.

    The result travels to the queue, the head hears of it, and enqueues the next step, which a worker receives.
    """

    name = "step-overhead"
    unit = SECONDS
    better = Better.LOWER
    summary = "median time from the end of a workflow's step to the beginning of the next"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over all steps that follow another one."""
        load = evidence.experiment.load
        if load.workflow is None:
            return Measurement.untold("the load has no workflows")
        gaps_ns = workflow_times(evidence.ledger, load.jobs, load.workflow.steps).gaps_ns
        if not len(gaps_ns):
            return Measurement.untold("no step followed another one")
        note = f"a head asks for its step every {ASKS_EVERY_S * 1e3:g} ms"
        return Measurement(float(np.median(gaps_ns)) / 1e9, note)
