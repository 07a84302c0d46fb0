"""The calls about schedules that were acknowledged: which, and how long each took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chaos.checks.collect import collect
from chaos.checks.tally import Ints, Mask
from chaos.ledger.reader import Ledger, Records
from chaos.ledger.records import SCHEDULE_CALLS, Kind, ScheduleCall


@dataclass(frozen=True)
class ScheduleCallTimes:
    """Calls that were acknowledged, in no order; one entry a call in each array.

    Attributes:
        calls: What was called (`ScheduleCall`).
        sent_ns, answered_ns: When, by the machine's monotonic clock.
    """

    calls: Ints
    sent_ns: Ints
    answered_ns: Ints

    def of(self, *calls: ScheduleCall) -> ScheduleCallTimes:
        """Those of some kinds."""
        chosen = np.isin(self.calls, calls)
        return ScheduleCallTimes(self.calls[chosen], self.sent_ns[chosen], self.answered_ns[chosen])

    @property
    def took_s(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """How long each took, in seconds."""
        return (self.answered_ns - self.sent_ns) / 1e9

    @property
    def busy_s(self) -> float:
        """For how long at least one was under way, in seconds."""
        if not len(self.calls):
            return 0.0
        order = np.argsort(self.sent_ns)
        ends_ns = np.maximum.accumulate(self.answered_ns[order])
        idle_ns = np.maximum(0, self.sent_ns[order][1:] - ends_ns[:-1]).sum()
        return float(ends_ns[-1] - self.sent_ns[order][0] - idle_ns) / 1e9


def schedule_call_times(ledger: Ledger) -> ScheduleCallTimes:
    """The acknowledged calls of a ledger that was verified before."""

    def choose(_: int, records: Records) -> Mask:
        return np.asarray(np.isin(records["kind"], SCHEDULE_CALLS))

    collected = collect(ledger, choose)
    records = collected.records
    order = np.lexsort((records["time_ns"], records["serial"], collected.files))
    records = records[order]
    answered = np.flatnonzero(records["kind"] == Kind.SCHEDULE_ACKNOWLEDGED)
    times = records["time_ns"].astype(np.int64)
    return ScheduleCallTimes(
        records["detail"][answered].astype(np.int64), times[answered - 1], times[answered]
    )
