"""How the load went, in points that never become too many."""

from __future__ import annotations

from itertools import pairwise

from chaos.page.course import Course
from chaos.report.watcher import Progress


def _progress(acknowledged: int) -> Progress:
    return Progress(10**6, acknowledged, acknowledged // 2, 3, 0, 50.0)


def test_what_is_enqueued_is_told_a_second() -> None:
    course = Course()
    for tick in range(41):
        course.take(tick / 4, _progress(25 * tick))
    assert course.points[-1] == (10.0, 100.0, 50.0, 497, 3)


def test_a_long_run_has_few_points_evenly_spaced() -> None:
    course = Course()
    for second in range(100_000):
        course.take(float(second), _progress(second))
        course.thin()
    times = [point[0] for point in course.points]
    assert 200 < len(times) <= 481
    assert len({round(after - before) for before, after in pairwise(times)}) <= 2
    assert times[-1] > 99_000
