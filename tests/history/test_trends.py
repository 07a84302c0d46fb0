"""A metric over all kept runs: series that can be compared, with what stands out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chaos.history.noise import Change
from chaos.history.results import KeptResults
from chaos.history.trends import NeverMeasured, Series, trends
from tests.history.conftest import measured

Says = Callable[..., KeptResults]
GOOD = (100.0, 101.0, 99.0, 100.5)


def throughput(value: float | None, **more: Any) -> dict[str, Any]:
    return {"measurements": [measured("throughput", value)], **more}


def only(runs: list[KeptResults]) -> Series:
    [series] = trends("throughput", runs, 0.1)
    return series


def test_runs_are_in_the_order_of_their_time(says: Says) -> None:
    series = only([says(**throughput(value)) for value in GOOD][::-1])
    assert [point.value for point in series.points] == list(GOOD)
    assert (series.experiment, series.system, series.unit) == ("x", "reference", "jobs/s")


def test_what_can_not_be_compared_is_another_series(says: Says) -> None:
    runs = [
        says(**throughput(1.0)),
        says(**throughput(2.0, machine="elsewhere")),
        says(**throughput(3.0, experiment={"profile": "full"})),
        says(**throughput(4.0, system={"name": "reseolio"})),
        says(**throughput(5.0, experiment={"file": "y.yaml"})),
        says(**throughput(6.0, system={"variant": {"system.cores": "2"}})),
        says(**throughput(7.0, system={"variant": None})),
    ]
    values = [series.points[0].value for series in trends("throughput", runs, 0.1)]
    assert values == [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def test_a_regression_stays_marked_until_it_is_mended(says: Says) -> None:
    series = only([says(**throughput(value)) for value in (*GOOD, 60.0, 61.0, 60.0, 100.0)])
    assert [point.change for point in series.points] == [Change.SAME] * 4 + [Change.WORSE] * 3 + [Change.SAME]


def test_what_got_better_is_the_new_measure(says: Says) -> None:
    series = only([says(**throughput(value)) for value in (*GOOD, *[200.0 + n for n in range(12)], 150.0)])
    assert series.points[4].change is Change.BETTER
    assert series.points[-1].change is Change.WORSE


def test_a_changed_experiment_begins_anew(says: Says) -> None:
    runs = [says(**throughput(value)) for value in GOOD]
    changed = says(**throughput(20.0, experiment={"as_run": "b"}))
    assert only([*runs, changed]).points[-1].change is Change.SAME
    assert only([*runs, changed]).points[-1].noise is None


def test_with_few_runs_the_declared_share_is_the_noise(says: Says) -> None:
    series = only([says(**throughput(100.0)), says(**throughput(95.0)), says(**throughput(80.0))])
    assert [point.change for point in series.points] == [Change.SAME, Change.SAME, Change.WORSE]


def test_runs_that_say_nothing_or_measured_nothing_are_left_out(says: Says) -> None:
    runs = [says(**throughput(1.0)), says(**throughput(None)), says(**throughput(2.0, exit_code=4))]
    assert len(only(runs).points) == 1


def test_where_no_run_has_a_verdict_that_is_said() -> None:
    with pytest.raises(NeverMeasured, match="none of the kept runs that are asked for has a verdict"):
        trends("throughput", [], 0.1)


def test_a_metric_that_nobody_measured_is_refused_with_those_that_were(says: Says) -> None:
    with pytest.raises(NeverMeasured, match="Did you mean 'throughput'"):
        trends("troughput", [says(**throughput(1.0))], 0.1)
