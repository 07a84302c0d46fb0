"""`told-at-once`: how many callers had their answer without asking again."""

from __future__ import annotations

import numpy as np

from chaos.experiment.metric_spec import SHARES, Better
from chaos.ledger.records import Kind
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class ToldAtOnce(Metric):
    """The share of the enqueues whose first try was answered with the job's id.

    Callers that enqueue under one key at the same time race each other. A queue that gives some of them an error, where
    it could tell the id, makes them ask again.
    """

    name = "told-at-once"
    unit = SHARES
    better = Better.HIGHER
    summary = "share of the enqueues that were answered with a job id at the first try"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over all callers of all jobs."""
        if evidence.experiment.load.callers == 1:
            return Measurement.untold("each job has one caller, whom nobody races")
        tried = told = 0
        for file in evidence.ledger.files:
            for records in file.chunks(verify=False):
                kinds = records["kind"][records["attempt"] == 1]
                tried += int(np.count_nonzero(kinds == Kind.ENQUEUE_INTENDED))
                told += int(np.count_nonzero(kinds == Kind.ENQUEUE_ACKNOWLEDGED))
        if not tried:
            return Measurement.untold("no job was enqueued")
        return Measurement(told / tried)
