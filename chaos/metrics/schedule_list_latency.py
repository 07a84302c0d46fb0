"""`schedule-list-latency`: how long it takes to list all schedules."""

from __future__ import annotations

import numpy as np

from chaos.checks.schedules.calls import schedule_call_times
from chaos.experiment.metric_spec import SECONDS, Better
from chaos.ledger.records import ScheduleCall
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class ScheduleListLatency(Metric):
    """How long a list of all schedules took, with all of its pages: the 95th percentile."""

    name = "schedule-list-latency"
    unit = SECONDS
    better = Better.LOWER
    summary = "95th percentile of the time that a list of all schedules takes"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over all lists that were answered."""
        if evidence.experiment.load.schedules is None:
            return Measurement.untold("the load has no schedules")
        took_s = schedule_call_times(evidence.ledger).of(ScheduleCall.LIST).took_s
        if not len(took_s):
            return Measurement.untold("no list of schedules was answered")
        return Measurement(float(np.quantile(took_s, 0.95)))
