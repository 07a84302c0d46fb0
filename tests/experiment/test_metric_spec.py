"""Bounds on metrics and levels of grades, as an experiment says them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from jsonschema import Draft202012Validator

from chaos.experiment.metric_spec import GROWTH_AN_HOUR, JOBS, JOBS_PER_SECOND, SECONDS, SHARES, Unit
from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.reading import read_experiment
from chaos.experiment.schema import json_schema
from chaos.experiment.writing import dump_experiment
from chaos.experiment.yaml_reader import read_text
from tests.experiment.specs import SMALLEST, VOCABULARY

BOUNDED = SMALLEST + dedent("""\
    verify:
      metrics:
        - {metric: latency, at-most: 100ms}
        - {metric: throughput, at-least: 20/s, at-most: 30/s}
    grades:
      latency: {target: 100ms, acceptable: 500ms, critical: 1s}
    """)


def problems(text: str, path: Path) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidExperiment) as caught:
        read_experiment(path, VOCABULARY)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def test_bounds_and_levels_are_in_the_metrics_own_unit_and_read_back_as_saved(tmp_path: Path) -> None:
    path = tmp_path / "experiment.yaml"
    path.write_text(BOUNDED, encoding="utf-8")
    read = read_experiment(path, VOCABULARY)
    latency, throughput = read.verify.metrics
    assert latency.holds(0.1)
    assert not latency.holds(0.11)
    assert [throughput.holds(value) for value in (19, 20, 30, 31)] == [False, True, True, False]
    assert read.grades["latency"].acceptable == 0.5
    path.write_text(dump_experiment(read), encoding="utf-8")
    assert read_experiment(path, VOCABULARY) == read


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ("{metric: latenc, at-most: 1s}", "there is no metric named `latenc` (did you mean `latency`?)"),
        ("{metric: throughput, at-least: 20}", "`20` has no unit"),
        ("{metric: latency, at-most: 20/s}", "`20/s` is not a duration"),
        ("{metric: latency}", "there is nothing to hold; give `at-least` or `at-most`"),
        ("{metric: latency, at-least: 2s, at-most: 1s}", "at-least is more than at-most"),
        ("{at-most: 1s}", "`metric` is missing"),
    ],
)
def test_a_bound_that_says_nothing_is_refused_at_its_place(bound: str, said: str, tmp_path: Path) -> None:
    (problem,) = problems(f"{SMALLEST}verify:\n  metrics:\n    - {bound}\n", tmp_path / "experiment.yaml")
    assert problem.startswith("6:")
    assert said in problem


def test_a_metric_is_bounded_once(tmp_path: Path) -> None:
    bound = "    - {metric: latency, at-most: 1s}\n"
    text = f"{SMALLEST}verify:\n  metrics:\n{bound}{bound}"
    assert problems(text, tmp_path / "experiment.yaml") == [
        "7:16: verify.metrics[1].metric: latency is bounded by an entry above"
    ]


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        (
            "latency: {target: 1s, acceptable: 500ms, critical: 2s}",
            "from target to critical each must be worse",
        ),
        ("throughput: {target: 1/s, acceptable: 2/s, critical: 3/s}", "higher is better"),
        ("size: {target: 1B, acceptable: 2B, critical: 3B}", "so it has no grades"),
        ("sizes: {target: 1B, acceptable: 2B, critical: 3B}", "(did you mean `size`?)"),
        ("latency: {target: 1s, acceptable: 2s}", "`critical` is missing"),
        ("latency: 1s", "`{target: …, acceptable: …, critical: …}` is due here, and `1s` stands here"),
    ],
)
def test_levels_that_grade_nothing_are_refused_at_their_place(levels: str, said: str, tmp_path: Path) -> None:
    (problem,) = problems(f"{SMALLEST}grades:\n  {levels}\n", tmp_path / "experiment.yaml")
    assert problem.startswith("5:")
    assert said in problem


def test_the_schema_knows_bounds_and_levels() -> None:
    validator = Draft202012Validator(json_schema(VOCABULARY))
    validator.validate(read_text(BOUNDED, "f").value)
    for wrong in (
        ("at-most: 100ms", "at-most: 100"),
        ("latency: {", "size: {"),
        ("metric: latency", "metric: size"),
    ):
        assert not validator.is_valid(read_text(BOUNDED.replace(*wrong), "f").value)


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        (SECONDS, 0.0123456, "12.3ms"),
        (SECONDS, 90.0, "1.5min"),
        (SECONDS, 0.0, "0s"),
        (JOBS_PER_SECOND, 412.4, "412/s"),
        (SHARES, 0.982, "98.2%"),
        (SHARES, 1.0, "100%"),
        (SHARES, 4999 / 5000, "99.98%"),
        (SHARES, 0.9999999, "99.999%"),
        (JOBS, 3, "3 jobs"),
        (GROWTH_AN_HOUR, -2.5e6, "-2.5MB/h"),
    ],
)
def test_people_see_three_digits_and_all_only_where_it_is_all(unit: Unit, value: float, shown: str) -> None:
    assert unit.show(value) == shown
