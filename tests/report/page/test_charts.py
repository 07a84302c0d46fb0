"""Charts, and the tables of their numbers."""

from __future__ import annotations

import numpy as np

from chaos.monitor.samples import ResourceSample
from chaos.report.page.axis import TimeAxis
from chaos.report.page.charts import Panel, Series, draw
from chaos.report.page.panels import resource_panels
from tests.checks.history import ZERO_NS, at

AXIS = TimeAxis(0.0, 4.0)
TIMES = np.array([0.0, 1.0, 2.0, 3.0])


def panel(*values: float, logarithmic: bool = False) -> Panel:
    return Panel("Speed", "jobs", [Series("done", np.array(values))], logarithmic)


def test_a_line_goes_through_its_values() -> None:
    (chart,), _ = draw([panel(0, 5, 10, 5)], TIMES, AXIS, name="n", caption="c")
    assert chart.lines[0].path == "M0.00 100.0L25.00 50.0L50.00 0.0L75.00 50.0"


def test_where_there_is_no_value_there_is_no_line_and_one_alone_is_a_dot() -> None:
    (chart,), numbers = draw([panel(10, 10, np.nan, 5)], TIMES, AXIS, name="n", caption="c")
    assert chart.lines[0].path == "M0.00 0.0L25.00 0.0M75.00 50.0h0"
    assert [row[1] for row in numbers.rows] == ["10", "10", "–", "5"]


def test_a_logarithmic_chart_of_nothing_can_be_drawn() -> None:
    (chart,), _ = draw([panel(*[np.nan] * 4, logarithmic=True)], TIMES, AXIS, name="n", caption="c")
    assert chart.lines[0].path == ""


def test_a_chart_says_in_words_what_it_shows() -> None:
    (chart,), _ = draw([panel(1, 2, 3, 400)], TIMES, AXIS, name="n", caption="c")
    assert chart.in_words == "Speed, jobs: done between 1 and 400, half of the time up to 2.5."


def test_every_line_has_its_column_in_the_table() -> None:
    charts, numbers = draw([panel(1, 2, 3, 4), panel(5, 6, 7, 8)], TIMES, AXIS, name="n", caption="c")
    assert [line.column for chart in charts for line in chart.lines] == [1, 2]
    assert numbers.head == ("time, s", "done, jobs", "done, jobs")
    assert numbers.rows[1] == ("1.00", "2", "6")


def sample(second: float, component: str, mebibytes: int) -> ResourceSample:
    return ResourceSample(at(second), component, 1, 5.0, mebibytes << 20, 1, 1, None)


def test_workers_are_shown_together_and_the_toolkit_last_all_from_the_start_of_the_load() -> None:
    samples = [
        sample(-1, "runner", 9),
        sample(1, "runner", 1),
        sample(1, "core", 7),
        sample(1, "worker-1", 10),
        sample(1, "worker-2", 20),
        sample(2, "core", 8),
    ]
    (memory, cpu), times_s = resource_panels(samples, ZERO_NS)
    assert times_s.tolist() == [1, 2]
    shown = {series.name: series.values.tolist() for series in memory.series}
    assert shown["core"] == [7, 8]
    assert shown["workers"][0] == 30
    assert np.isnan(shown["workers"][1])
    assert [series.name for series in cpu.series] == ["core", "workers", "runner"]


def test_of_many_samples_the_highest_of_each_few_is_shown() -> None:
    samples = [sample(second, "core", second % 10) for second in range(4000)]
    (memory, _), times_s = resource_panels(samples, ZERO_NS)
    assert len(times_s) == 400
    assert memory.series[0].values.tolist() == [9] * 400


def test_a_run_that_nobody_sampled_has_no_charts_of_it() -> None:
    panels, times_s = resource_panels([], ZERO_NS)
    assert draw(panels, times_s, AXIS, name="n", caption="c")[0] == ()
