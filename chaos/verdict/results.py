"""What a run says in the end, as typed values and as the `results.json` that other programs read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum
from typing import Any

from chaos.checks.findings import CheckResult
from chaos.experiment.model import Window
from chaos.experiment.variant import Variant, system_in_words
from chaos.metrics.measured import BoundResult, Measured


class Verdict(StrEnum):
    """What a run says."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class ExitCode(IntEnum):
    """What the command answers; docs/checks.md has the table."""

    PASSED = 0
    FAILED = 1
    WRONG_INPUT = 2
    INCONCLUSIVE = 3
    INTERRUPTED = 4
    TOOLKIT_FAILED = 5


# Where several hold, the earlier one beats the later.
_PRECEDENCE = (
    ExitCode.TOOLKIT_FAILED,
    ExitCode.INTERRUPTED,
    ExitCode.WRONG_INPUT,
    ExitCode.FAILED,
    ExitCode.INCONCLUSIVE,
    ExitCode.PASSED,
)

_VERDICTS = {ExitCode.PASSED: Verdict.PASSED, ExitCode.FAILED: Verdict.FAILED}


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """The code that speaks for all of these; passed where there are none."""
    return min(codes, key=_PRECEDENCE.index, default=ExitCode.PASSED)


def verdict_of(code: ExitCode) -> Verdict:
    """The verdict that goes with an exit code."""
    return _VERDICTS.get(code, Verdict.INCONCLUSIVE)


@dataclass(frozen=True)
class Reason:
    """Something that keeps a run from having passed, in plain words."""

    code: ExitCode
    text: str


@dataclass(frozen=True)
class HypothesisResult:
    """How a steady-state hypothesis fared in one window.

    Attributes:
        name: The hypothesis in words.
        window: Where it had to hold.
        held: Whether it did; None where it was never asked there.
        samples: How often it was asked.
        worst: The answer furthest out, or nearest to be: in seconds, jobs a second, bytes or a share of 1.
        shown: The same as people read it, with its unit.
        note: Why it did not hold, where the worst answer does not say it: what kept the probe from answering, for one.
    """

    name: str
    window: Window
    held: bool | None
    samples: int
    worst: float | str | bool | None
    shown: str
    note: str = ""


@dataclass(frozen=True)
class FaultResult:
    """What became of a fault; times in seconds from the start of the load."""

    name: str
    kind: str
    target: str
    requested_s: float | None
    confirmed_s: float | None
    reverted_s: float | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class LogResult:
    """How often a component logged a kind of line, and the first of them.

    Attributes:
        component: Whose log.
        rule: What the kind is called; unknown errors have a row for each shape.
        tone: `bad`, `good` or `neutral`.
        count: How often.
        first: The first such line.
        first_s: When it was seen, in seconds from the start of the load.
    """

    component: str
    rule: str
    tone: str
    count: int
    first: str
    first_s: float


@dataclass(frozen=True)
class SystemUnderTest:
    """The system that was put under test.

    Attributes:
        name: Its name.
        version: What it calls itself, or how it was pinned; `unknown` if the run ended before it could tell.
        variant: How it was set up and spoken to, where that was not as by default.
    """

    name: str
    version: str
    variant: Variant

    @property
    def in_words(self) -> str:
        """`reseolio 0.1.3 (storage=postgres, cores=2)`."""
        return system_in_words(f"{self.name} {self.version}", self.variant)


@dataclass(frozen=True)
class Results:
    """Everything that a run says.

    Attributes:
        machine: The name of the machine that it ran on; figures of two machines can't be compared.
        experiment: Its title, file and profile (empty: none), and two digests: `sha256` of the file and all that it
            extends, and `as_run` of what was run, whatever its seed and its system: equal where only these differ.
        bounds: The answers to what the experiment asks of metrics, in its order; the last of the `checks` for others.
        measurements: Every metric.
        logs: What the components logged that is worth counting.
        crashed: Components of the system that ended though nobody had asked for it.
    """

    run: str
    started_at: str
    duration_s: float
    seed: int
    chaos_version: str
    machine: str
    experiment: Mapping[str, str]
    system: SystemUnderTest
    crashed: tuple[str, ...]
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    hypotheses: tuple[HypothesisResult, ...]
    faults: tuple[FaultResult, ...]
    checks: tuple[CheckResult, ...]
    metrics: Mapping[str, Any]
    bounds: tuple[BoundResult, ...] = ()
    measurements: tuple[Measured, ...] = ()
    logs: tuple[LogResult, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """The worst of the reasons."""
        return worst(reason.code for reason in self.reasons)

    @property
    def verdict(self) -> Verdict:
        """What the run says in one word."""
        return verdict_of(self.exit_code)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `results.json`, as plain values."""
        return {
            "run": self.run,
            "started_at": self.started_at,
            "duration_s": self.duration_s,
            "seed": self.seed,
            "chaos_version": self.chaos_version,
            "machine": self.machine,
            "experiment": dict(self.experiment),
            "system": asdict(self.system),
            "crashed": list(self.crashed),
            "verdict": self.verdict,
            "exit_code": int(self.exit_code),
            "reasons": [reason.text for reason in self.reasons],
            "notes": list(self.notes),
            "hypotheses": {
                window.value: [
                    {key: value for key, value in asdict(h).items() if key != "window"}
                    for h in self.hypotheses
                    if h.window is window
                ]
                for window in Window
            },
            "faults": [asdict(fault) for fault in self.faults],
            "checks": [
                *(asdict(check) for check in self.checks),
                *(bound.to_dict() for bound in self.bounds),
            ],
            "metrics": dict(self.metrics),
            "measurements": [measured.to_dict() for measured in self.measurements],
            "logs": [asdict(log) for log in self.logs],
        }
