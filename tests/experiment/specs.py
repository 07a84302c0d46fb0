"""A small vocabulary for the tests of the language, and ways to read experiments written in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent
from typing import Literal

import pytest
from pydantic import Field

from chaos.experiment.answers import AnswerSpec, Kind, NumberSpec, TruthSpec, WordSpec
from chaos.experiment.environment import EnvironmentText
from chaos.experiment.metric_spec import JOBS_PER_SECOND, SECONDS, SIZE, Better, MetricWords
from chaos.experiment.model import Experiment, SystemSpec, TargetedSpec
from chaos.experiment.problems import InvalidExperiment
from chaos.experiment.reading import read_experiment
from chaos.experiment.units import DURATION, Bytes, Duration, Quantity, Rate, Share
from chaos.experiment.vocabulary import Vocabulary


class ReferenceSpec(SystemSpec):
    """A system without options."""


class ServerSpec(SystemSpec):
    """A system with options of several kinds."""

    storage: Literal["sqlite", "postgres"] = "sqlite"
    database_url: EnvironmentText | None = None
    cache_bytes: Bytes | None = Field(None, alias="cache")
    quota: int | Literal["none"] = "none"
    weight: float = 1.0


class ThroughputSpec(NumberSpec[Rate]):
    """A probe that answers with a rate."""

    over_s: Duration = Field(2.0, alias="over")

    @property
    def needs_s(self) -> float:
        return self.over_s


class ReadySpec(TruthSpec):
    """A probe that answers yes or no."""

    target: str = "core"


class WordsSpec(WordSpec[str]):
    """A probe that answers with a word."""


class AnythingSpec(AnswerSpec):
    """A probe whose options decide what it answers."""

    kind_: Literal["ANY", "WORD", "NUMBER"] = Field("ANY", alias="kind")
    quantity_: Literal["none", "duration"] = Field("none", alias="quantity")

    @property
    def kind(self) -> Kind:
        return Kind[self.kind_]

    @property
    def quantity(self) -> Quantity | None:
        return DURATION if self.quantity_ == "duration" else None


class KillSpec(TargetedSpec):
    """A fault that lasts until its restart, or until the load ends."""

    signal: Literal["SIGKILL", "SIGTERM"] = "SIGKILL"
    restart_after_s: Duration | None = Field(None, alias="restart-after")

    @property
    def lasts_s(self) -> float | None:
        return self.restart_after_s


class LossySpec(TargetedSpec):
    """A fault with a share."""

    share: Share = 0.5


VOCABULARY = Vocabulary(
    systems={"reference": ReferenceSpec, "server": ServerSpec},
    probes={
        "throughput": ThroughputSpec,
        "ready": ReadySpec,
        "words": WordsSpec,
        "anything": AnythingSpec,
    },
    faults={"kill": KillSpec, "lossy": LossySpec},
    metrics={
        "throughput": MetricWords(JOBS_PER_SECOND, Better.HIGHER),
        "latency": MetricWords(SECONDS, Better.LOWER),
        "size": MetricWords(SIZE, Better.NEITHER),
    },
)

SMALLEST = """\
title: The smallest experiment
system: reference
load: {jobs: 5000, rate: 400/s}
"""

KILL = """\
title: Killing the core
system: reference
load: {jobs: 5000, rate: 400/s}
steady-state:
  - {probe: throughput, at-least: 200/s}
faults:
  - {fault: kill, target: core, at: 40% of jobs, restart-after: 500ms}
"""


class Files:
    """Experiments in files of their own."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "experiment.yaml"

    def read(self, text: str, overrides: Iterable[str] = (), system: str | None = None) -> Experiment:
        """The experiment that the text says."""
        self.path.write_text(dedent(text), encoding="utf-8")
        return read_experiment(self.path, VOCABULARY, overrides, system=system)

    def problems(self, text: str, overrides: Iterable[str] = (), system: str | None = None) -> list[str]:
        """What is wrong with the text, a line each, without the name of the file."""
        with pytest.raises(InvalidExperiment) as caught:
            self.read(text, overrides, system)
        return [str(problem).removeprefix(f"{self.path}:") for problem in caught.value.problems]
