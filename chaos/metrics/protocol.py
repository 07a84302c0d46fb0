"""What a metric is: a number about a finished run, made from its directory alone.

A metric is a class in a file of its own. What it may look at is its evidence. What the number is compared with, a bound
of the experiment or the levels of a grade, is not its business.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from chaos.experiment.metric_spec import Better, Levels, MetricWords, Unit
from chaos.metrics.evidence import Evidence


@dataclass(frozen=True)
class Measurement:
    """What a metric says of a run.

    Attributes:
        value: In the metric's unit; None where it can't be told.
        note: Why it can't be told, or what to know about the value; empty if nothing.
        uncertainty: By how much the true value may lie beside it, either way; None where it is a plain count or time.
        held_by_load: The load itself kept the value from being better, so it says nothing bad of the system.
    """

    value: float | None
    note: str = ""
    uncertainty: float | None = None
    held_by_load: bool = False

    @property
    def ends(self) -> tuple[float, ...]:
        """The value, and the ends of where the true one may lie; empty where it can't be told."""
        if self.value is None:
            return ()
        return tuple(self.value + way * (self.uncertainty or 0.0) for way in (-1, 0, 1))

    @classmethod
    def untold(cls, why: str) -> Measurement:
        """A value that can't be told, and why."""
        return cls(None, why)


class Metric(ABC):
    """A number about a finished run.

    Attributes:
        name: Its name in the registry, in experiments and in results.
        unit: What its values are counted in.
        better: Which way they get better.
        summary: What it says, in one line.
        levels: The levels of its grades, unless an experiment names others; None: it gets no grade by itself.
    """

    name: ClassVar[str]
    unit: ClassVar[Unit]
    better: ClassVar[Better]
    summary: ClassVar[str]
    levels: ClassVar[Levels[Any] | None] = None

    @abstractmethod
    def measure(self, evidence: Evidence) -> Measurement:
        """The number, or why it can't be told."""

    @classmethod
    def words(cls) -> MetricWords:
        """What the language knows of it."""
        return MetricWords(cls.unit, cls.better)
