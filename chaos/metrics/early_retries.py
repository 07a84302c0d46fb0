"""`early-retries`: whether failed jobs are tried again before the backoff that was asked for has passed."""

from __future__ import annotations

import numpy as np

from chaos.experiment.metric_spec import RETRIES, Better
from chaos.metrics.backoff import JITTER, asked_s
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_ROUNDING_S = 0.001


class EarlyRetries(Metric):
    """Retries that began too early, even with the jitter and the resolution of the system's clock allowed for.

    The wait counts from when the failure's ack was sent: the system can't have known of it before.
    """

    name = "early-retries"
    unit = RETRIES
    better = Better.LOWER
    summary = "retries that began before the backoff asked for had passed"

    def measure(self, evidence: Evidence) -> Measurement:
        """How many of all retries."""
        retries = evidence.retries
        if not len(retries.failures):
            return Measurement.untold("no job was tried again after a failure")
        failures = np.minimum(retries.failures, retries.attempt)
        asked = asked_s(evidence.experiment.load.job, failures) * (1 - JITTER)
        soonest = asked - evidence.clock_resolution_s - _ROUNDING_S
        could_be_seen = int(np.count_nonzero(soonest > 0))
        if not could_be_seen:
            return Measurement.untold(
                f"no backoff is longer than the system's clock can tell ({evidence.clock_resolution_s:g} s)"
            )
        early = int(np.count_nonzero(retries.since_sent_s < soonest))
        return Measurement(early, f"of {could_be_seen} retries")
