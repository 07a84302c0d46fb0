"""From a value to its grade, and from a bound to its answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.checks.findings import Status
from chaos.experiment.metric_spec import JOBS_PER_SECOND, SECONDS, Better, Levels
from chaos.metrics.grades import Grade, grade
from chaos.metrics.measured import BoundResult, Measured, check_bounds, measure_all
from chaos.metrics.protocol import Measurement
from tests.checks.history import History
from tests.metrics.finished import evidence

RATE: Levels[Any] = Levels(target=100.0, acceptable=50.0, critical=20.0)
TIME: Levels[Any] = Levels(target=0.1, acceptable=0.5, critical=1.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (100.0, Grade.TARGET),
        (99.9, Grade.ACCEPTABLE),
        (50.0, Grade.ACCEPTABLE),
        (49.9, Grade.POOR),
        (20.0, Grade.POOR),
        (19.9, Grade.CRITICAL),
    ],
)
def test_where_more_is_better(value: float, expected: Grade) -> None:
    assert grade(Measurement(value), Better.HIGHER, RATE) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1, Grade.TARGET), (0.5, Grade.ACCEPTABLE), (1.0, Grade.POOR), (1.1, Grade.CRITICAL)],
)
def test_where_less_is_better(value: float, expected: Grade) -> None:
    assert grade(Measurement(value), Better.LOWER, TIME) is expected


@given(st.floats(0, 200), st.floats(0, 200))
def test_a_better_value_never_has_a_worse_grade(one: float, other: float) -> None:
    worse, better = sorted((one, other))
    order = list(Grade)
    grades = [grade(Measurement(value), Better.HIGHER, RATE) for value in (better, worse)]
    assert None not in grades
    assert order.index(grades[0]) <= order.index(grades[1])  # type: ignore[arg-type]


def test_a_value_reaches_a_level_within_its_uncertainty() -> None:
    assert grade(Measurement(95.0, uncertainty=5.0), Better.HIGHER, RATE) is Grade.TARGET
    assert grade(Measurement(0.12, uncertainty=0.02), Better.LOWER, TIME) is Grade.TARGET


def test_a_value_that_may_be_good_or_bad_has_no_grade() -> None:
    assert grade(Measurement(70.0, uncertainty=40.0), Better.HIGHER, RATE) is None


def test_what_the_load_held_back_has_a_good_grade_or_none() -> None:
    assert grade(Measurement(100.0, held_by_load=True), Better.HIGHER, RATE) is Grade.TARGET
    assert grade(Measurement(99.0, held_by_load=True), Better.HIGHER, RATE) is None


def test_nothing_is_graded_that_can_not_be_told_or_compared() -> None:
    assert grade(Measurement.untold("too short"), Better.HIGHER, RATE) is None
    assert grade(Measurement(1.0), Better.HIGHER, None) is None
    assert grade(Measurement(1.0), Better.NEITHER, RATE) is None


BOUND = SECONDS.bound(metric="latency", at_most=0.5)


def answer(measurement: Measurement) -> BoundResult:
    """What becomes of `BOUND` if this is the latency."""
    (result,) = check_bounds([BOUND], [Measured("latency", measurement, SECONDS, Better.LOWER, None)])
    return result


def test_a_bound_is_a_check_with_a_number() -> None:
    passed = answer(Measurement(0.5))
    assert (passed.status, passed.bound, passed.reasons) == (Status.PASSED, "at most 500ms", ())
    failed = answer(Measurement(0.6))
    assert (failed.status, failed.reasons) == (
        Status.FAILED,
        ("latency: 600ms, and at most 500ms is asked for",),
    )


def test_a_bound_on_what_can_not_be_told_is_unknown() -> None:
    unknown = answer(Measurement.untold("no job was done"))
    assert unknown.status is Status.UNKNOWN
    assert unknown.reasons == ("latency can't be told: no job was done",)


def test_a_bound_that_the_uncertainty_reaches_across_is_unknown() -> None:
    assert answer(Measurement(0.4, uncertainty=0.05)).status is Status.PASSED
    assert answer(Measurement(0.6, uncertainty=0.05)).status is Status.FAILED
    unknown = answer(Measurement(0.45, uncertainty=0.1))
    assert unknown.status is Status.UNKNOWN
    assert unknown.reasons == ("latency: 450ms ± 100ms is too uncertain to tell at most 500ms",)


def test_every_metric_has_a_row_in_the_results_and_only_an_experiment_changes_its_levels(
    tmp_path: Path,
) -> None:
    history = History()
    history.done(0)
    seen = evidence(history, tmp_path, load={"rate": "max"})
    by_name = {one.metric: one for one in measure_all(seen)}
    assert by_name["duplicates"].grade is Grade.TARGET
    assert by_name["throughput"].grade is None
    levels = JOBS_PER_SECOND.levels(target=0.01, acceptable=0.005, critical=0.001)
    asked = seen.experiment.model_copy(update={"grades": {"throughput": levels}})
    regraded = {one.metric: one for one in measure_all(replace(seen, experiment=asked))}
    assert regraded["throughput"].grade is Grade.TARGET
    assert by_name["throughput"].to_dict() == {
        "metric": "throughput",
        "value": by_name["throughput"].value,
        "unit": "jobs/s",
        "better": "higher",
        "uncertainty": None,
        "note": by_name["throughput"].note,
        "grade": None,
    }


def test_what_damaged_samples_hide_can_not_be_told_and_all_else_can(tmp_path: Path) -> None:
    history = History()
    history.done(0)
    seen = evidence(history, tmp_path, load={"rate": "max"})
    seen.directory.samples.write_text("nonsense\n")
    by_name = {one.metric: one for one in measure_all(seen)}
    assert by_name["memory-peak"].value is None
    assert by_name["memory-peak"].note.startswith("monitor.ndjson is damaged at byte 0")
    assert by_name["throughput"].value is not None
