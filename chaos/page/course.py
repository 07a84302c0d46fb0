"""How the load went so far: a point every half second at first, and ever fewer the longer a run is."""

from __future__ import annotations

from collections import deque
from typing import Final

from chaos.report.watcher import Progress

Point = tuple[float, float, float, int, int]
"""When, in seconds; jobs enqueued and completed a second; jobs waiting and running."""

_FIRST_STEP_S: Final = 0.5
_MOST_POINTS: Final = 480
_RATE_OVER_S: Final = 1.0


class Course:
    """The points of one run, evenly spaced."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._step_s = _FIRST_STEP_S
        self._enqueued: deque[tuple[float, int]] = deque()

    def take(self, at_s: float, progress: Progress) -> bool:
        """How far the run is at this moment; whether that is a point."""
        self._enqueued.append((at_s, progress.acknowledged))
        while len(self._enqueued) > 2 and at_s - self._enqueued[1][0] >= _RATE_OVER_S:
            self._enqueued.popleft()
        if self.points and at_s - self.points[-1][0] < self._step_s:
            return False
        completed_per_s = progress.completions_per_s
        self.points.append(
            (round(at_s, 2), self._enqueued_per_s(), completed_per_s, progress.waiting, progress.executing)
        )
        return True

    def thin(self) -> bool:
        """Leave every second point out once there are too many; whether that was so."""
        if len(self.points) <= _MOST_POINTS:
            return False
        self.points = self.points[::2]
        self._step_s *= 2
        return True

    def _enqueued_per_s(self) -> float:
        (first_s, first), (last_s, last) = self._enqueued[0], self._enqueued[-1]
        return round((last - first) / (last_s - first_s), 1) if last_s > first_s else 0.0
