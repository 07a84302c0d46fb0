"""All metrics of a run, graded, and the bounds that the experiment puts on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.checks.findings import Status
from chaos.experiment.metric_spec import Better, Levels, MetricBound, Unit
from chaos.metrics.evidence import Evidence
from chaos.metrics.grades import Grade, grade
from chaos.metrics.protocol import Measurement, Metric
from chaos.metrics.registry import METRICS
from chaos.monitor.samples import SamplesDamaged


@dataclass(frozen=True)
class Measured:
    """A metric's number in the results.

    Attributes:
        metric: The metric's name.
        measurement: What it says.
        unit: What it is counted in.
        better: Which way it gets better.
        grade: None where there is nothing to grade, or to grade it by.
    """

    metric: str
    measurement: Measurement
    unit: Unit
    better: Better
    grade: Grade | None

    @property
    def value(self) -> float | None:
        """In `unit`; None where it can't be told."""
        return self.measurement.value

    @property
    def note(self) -> str:
        """Why it can't be told, or what to know about it."""
        return self.measurement.note

    @property
    def shown(self) -> str:
        """The value as people read it."""
        if self.value is None:
            return "unknown"
        uncertainty = self.measurement.uncertainty
        beside = "" if uncertainty is None else f" ± {self.unit.show(uncertainty)}"
        return f"{self.unit.show(self.value)}{beside}"

    def to_dict(self) -> dict[str, Any]:
        """For `results.json`."""
        return {
            "metric": self.metric,
            "value": self.value,
            "unit": self.unit.name,
            "better": self.better.value,
            "uncertainty": self.measurement.uncertainty,
            "note": self.note,
            "grade": self.grade.value if self.grade else None,
        }


@dataclass(frozen=True)
class BoundResult:
    """What became of a bound on a metric: a check with a number.

    Attributes:
        name: The metric's name.
        status: `unknown` where the metric can't be told.
        value: The metric's value, in `unit`.
        unit: What it is counted in.
        bound: What was asked for, in words.
        shown: The value as people read it.
        reasons: Why it did not pass.
    """

    name: str
    status: Status
    value: float | None
    unit: str
    bound: str
    shown: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For `results.json`."""
        return {
            "name": self.name,
            "status": self.status.value,
            "value": self.value,
            "unit": self.unit,
            "bound": self.bound,
            "reasons": list(self.reasons),
        }


def measure_all(evidence: Evidence) -> tuple[Measured, ...]:
    """Every metric of this installation, in the registry's order. What damaged samples hide can't be told."""
    grades = evidence.experiment.grades
    return tuple(
        _measured(metric, _measure(metric, evidence), grades) for metric in METRICS.available().values()
    )


def _measure(metric: type[Metric], evidence: Evidence) -> Measurement:
    try:
        return metric().measure(evidence)
    except SamplesDamaged as error:
        return Measurement.untold(str(error))


def _measured(metric: type[Metric], found: Measurement, grades: Mapping[str, Levels[Any]]) -> Measured:
    levels = grades.get(metric.name, metric.levels)
    return Measured(metric.name, found, metric.unit, metric.better, grade(found, metric.better, levels))


def check_bounds(bounds: Iterable[MetricBound[Any]], measured: Iterable[Measured]) -> tuple[BoundResult, ...]:
    """What became of each bound, in the experiment's order."""
    by_name = {one.metric: one for one in measured}
    return tuple(_checked(bound, by_name[bound.metric]) for bound in bounds)


def _checked(bound: MetricBound[Any], found: Measured) -> BoundResult:
    words = _in_words(bound, found.unit)
    holds = [bound.holds(end) for end in found.measurement.ends]
    status, reason = Status.PASSED, ""
    if not holds:
        status, reason = Status.UNKNOWN, f"{found.metric} can't be told: {found.note}"
    elif not any(holds):
        note = f" ({found.note})" if found.note else ""
        status, reason = Status.FAILED, f"{found.metric}: {found.shown}{note}, and {words} is asked for"
    elif not all(holds):
        status, reason = Status.UNKNOWN, f"{found.metric}: {found.shown} is too uncertain to tell {words}"
    reasons = (reason,) if reason else ()
    return BoundResult(found.metric, status, found.value, found.unit.name, words, found.shown, reasons)


def _in_words(bound: MetricBound[Any], unit: Unit) -> str:
    amounts = (("at least", bound.at_least), ("at most", bound.at_most))
    return " and ".join(f"{word} {unit.write(amount)}" for word, amount in amounts if amount is not None)
