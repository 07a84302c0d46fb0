"""What a kept run said: its `results.json` as typed values. What this room does not need of it is skipped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chaos.checks.findings import GROUPS, CheckName, Status
from chaos.experiment.variant import Variant, system_in_words
from chaos.verdict.results import ExitCode, Verdict

Grade = Literal["target", "acceptable", "poor", "critical"]
LOSS, DUPLICATION = CheckName.LOSS.value, CheckName.DUPLICATION.value


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class KeptExperiment(_Part):
    """The experiment that was run."""

    title: str
    file: str
    sha256: str = ""
    as_run: str = ""
    profile: str | None = None

    @property
    def name(self) -> str:
        """What its file is called, without the folder and the ending."""
        return PurePath(self.file.replace("\\", "/")).stem


class KeptSystem(_Part):
    """The system that was put under test; older results don't tell its variant, and it is not guessed."""

    name: str
    version: str
    variant: Variant | None = None

    @property
    def in_words(self) -> str:
        """`reseolio 0.1.3 (storage=postgres, cores=2)`."""
        return system_in_words(f"{self.name} {self.version}", self.variant or {})

    @property
    def kind(self) -> str:
        """The system in its variant, whatever its version: equal where figures may be held against each other."""
        return system_in_words(self.name, self.variant)


class KeptHypothesis(_Part):
    """How a hypothesis fared in one window."""

    name: str
    held: bool | None


class KeptFault(_Part):
    """A fault, and when it was seen to have bitten, in seconds from the start of the load."""

    name: str
    kind: str
    target: str = ""
    confirmed_s: float | None


class KeptCheck(_Part):
    """What a check found: jobs by finding, and how often each finding could have been seen."""

    name: str
    status: Status
    count: float | None = None
    findings: Mapping[str, int | None] = {}
    opportunities: Mapping[str, int] = {}


class Measurement(_Part):
    """A number about a run; `uncertainty` is the half-width of its 95 % interval, in the same unit."""

    metric: str
    value: float | None
    unit: str
    better: Literal["higher", "lower", "neither"]
    uncertainty: float | None = None
    note: str = ""
    grade: Grade | None = None


class KeptMetrics(_Part):
    """The counts and figures of a run that are told beside its verdict."""

    planned: int = 0
    acknowledged: int = 0
    failures: int = 0
    load_s: float = 0.0
    throughput: float = 0.0
    latency: Mapping[str, float | None] = {}
    completed_by: Mapping[str, int] = {}


class KeptResults(_Part):
    """Everything of a run's results that kept runs are listed, compared and judged by."""

    run: str
    started_at: datetime
    duration_s: float
    seed: int
    chaos_version: str
    machine: str = ""
    experiment: KeptExperiment
    system: KeptSystem
    crashed: tuple[str, ...] = ()
    verdict: Verdict
    exit_code: ExitCode
    reasons: tuple[str, ...]
    hypotheses: Mapping[str, tuple[KeptHypothesis, ...]]
    faults: tuple[KeptFault, ...]
    checks: tuple[KeptCheck, ...]
    metrics: KeptMetrics
    measurements: tuple[Measurement, ...] = ()

    def named(self, metric: str) -> Measurement | None:
        """The measurement of this name, whether it has a value or not."""
        return next((each for each in self.measurements if each.metric == metric), None)

    def measurement(self, metric: str) -> Measurement | None:
        """The measurement of this name, if it has a value."""
        named = self.named(metric)
        return named if named is not None and named.value is not None else None

    def check(self, name: str) -> KeptCheck | None:
        """What the check of this name found, if it was asked."""
        return next((check for check in self.checks if check.name == name), None)

    @property
    def says_something(self) -> bool:
        """Whether it speaks of the system: it was not interrupted, and the toolkit did not fail."""
        return self.exit_code in (ExitCode.PASSED, ExitCode.FAILED, ExitCode.INCONCLUSIVE)

    @property
    def broke_its_word(self) -> tuple[KeptCheck, ...]:
        """The checks of loss and duplication that counted jobs, however many the experiment allows."""
        return tuple(check for check in self.checks if check.name in (LOSS, DUPLICATION) and check.count)

    @property
    def kept_its_word(self) -> bool:
        """Whether it lost and repeated no job, by any guarantee: what one does not count may be lost all the same."""
        loss, duplication = self.check(LOSS), self.check(DUPLICATION)
        if loss is None or duplication is None or self.broke_its_word:
            return False
        return all(loss.findings.get(finding) == 0 for finding in GROUPS[CheckName.LOSS])
