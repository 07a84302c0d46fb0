"""`retry-delay`: how much later than asked for failed jobs are tried again."""

from __future__ import annotations

import numpy as np

from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.backoff import JITTER, asked_s
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class RetryDelay(Metric):
    """The 99th percentile of what a retry waited beyond the backoff, its jitter and the clock's resolution."""

    name = "retry-delay"
    unit = SECONDS
    better = Better.LOWER
    summary = "99th percentile of how much later than asked for a retry began"

    def measure(self, evidence: Evidence) -> Measurement:
        """The wait counts from when the failure's ack was answered: the system knew of it by then."""
        retries, job = evidence.retries, evidence.experiment.load.job
        if not len(retries.failures):
            return Measurement.untold("no job was tried again after a failure")
        asked = asked_s(job, np.maximum(retries.failures, retries.attempt)) * (1 + JITTER)
        late = retries.since_answered_s - np.minimum(asked, job.max_delay_s) - evidence.clock_resolution_s
        p99_s = float(np.quantile(np.maximum(late, 0.0), 0.99, method="inverted_cdf"))
        return Measurement(p99_s, f"of {len(late)} retries")
