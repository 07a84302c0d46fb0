"""`schedule-call-rate`: how fast schedules are created and changed."""

from __future__ import annotations

from chaos.checks.schedules.calls import schedule_call_times
from chaos.experiment.metric_spec import CALLS_PER_SECOND, Better
from chaos.ledger.records import ScheduleCall
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric

_ENOUGH = 100


class ScheduleCallRate(Metric):
    """Schedules that were created, updated, paused, resumed or deleted, for each second in which any was asked for."""

    name = "schedule-call-rate"
    unit = CALLS_PER_SECOND
    better = Better.HIGHER
    summary = "schedules created, changed and deleted a second, while any is asked for"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over all acknowledged calls but lists."""
        if evidence.experiment.load.schedules is None:
            return Measurement.untold("the load has no schedules")
        changes = set(ScheduleCall) - {ScheduleCall.LIST}
        times = schedule_call_times(evidence.ledger).of(*changes)
        if len(times.calls) < _ENOUGH:
            return Measurement.untold(f"fewer than {_ENOUGH} calls about schedules were acknowledged")
        return Measurement(len(times.calls) / times.busy_s)
