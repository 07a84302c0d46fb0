"""`fire-delay`: how long after it is due a schedule fires."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np

from chaos.checks.schedules.judging import WallClock, dues_of
from chaos.checks.schedules.lives import Era, Fire, lives_of
from chaos.experiment.metric_spec import SECONDS, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class FireDelay(Metric):
    """From each due time to the fire that belongs to it, by the system's clock: the 99th percentile."""

    name = "fire-delay"
    unit = SECONDS
    better = Better.LOWER
    summary = "99th percentile of the time from when a schedule is due until it fires"

    def measure(self, evidence: Evidence) -> Measurement:
        """Over the fires of which it is certain by which expression the schedule was due."""
        asked, story = evidence.experiment.load.schedules, evidence.story
        if asked is None:
            return Measurement.untold("the load has no schedules")
        clock, end_ns = WallClock(story.start), max(event.time_ns for event in story.events)
        dues = dues_of(asked.crons, asked.timezone, clock, story.start.time_ns, end_ns)
        delays_s = [
            delay_s
            for life in lives_of(evidence.ledger, asked.count, end_ns)
            for era in life.eras
            if era.is_active and era.cron
            for delay_s in _delays_s(era, life.fires, dues[era.cron - 1], clock)
        ]
        if not delays_s:
            return Measurement.untold("no fire is known to belong to a due time")
        return Measurement(float(np.quantile(delays_s, 0.99)))


def _delays_s(era: Era, fires: Sequence[Fire], dues: Sequence[int], clock: WallClock) -> Iterator[float]:
    """How long after the last due time of its era each fire of it came."""
    begin_s, end_s = clock.at(era.begin_ns), clock.at(era.end_ns)
    for fire in fires:
        fired_s = fire.fired_ms / 1000
        due = bisect_right(dues, fired_s) - 1
        if begin_s <= fired_s < end_s and due >= 0 and dues[due] >= begin_s:
            yield fired_s - dues[due]
