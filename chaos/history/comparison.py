"""What got better or worse from one run to another, beyond noise: verdict, checks, hypotheses and every measurement."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from chaos.checks.findings import Status
from chaos.history.kept import KeptRun, State
from chaos.history.noise import Change, Noise, change_of, noise_of_runs, noise_of_two
from chaos.history.results import KeptCheck, KeptResults, Measurement
from chaos.verdict.results import Verdict

FALSE_ALARMS: Final = 0.05
"""How often chance alone may make any of a comparison's measurements look changed."""
DECLARED_NOISE: Final = 0.10
"""The share of a figure that is taken for noise where nothing better is known."""
_RECENT: Final = 30


class NotComparable(Exception):
    """A run says nothing that could be compared; the message says why, and what to do."""


@dataclass(frozen=True)
class Line:
    """One thing that was compared.

    Attributes:
        about: `verdict`, `check`, `finding`, `hypothesis` or `measurement`.
        name: Which one.
        before, after: What it was in the baseline, and in the other run.
        change: What became of it.
        unit: The unit of both.
        noise: How much of the difference is chance; None where chance plays no part.
        note: What a reader should know beside it.
    """

    about: str
    name: str
    before: float | str | None
    after: float | str | None
    change: Change
    unit: str = ""
    noise: Noise | None = None
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """What became of everything from the baseline to another run.

    Attributes:
        caveats: In what the two runs differ beside chance, so that a reader knows what may have made the difference.
    """

    baseline: KeptResults
    other: KeptResults
    lines: tuple[Line, ...]
    caveats: tuple[str, ...]

    @property
    def regressions(self) -> tuple[Line, ...]:
        """What got worse."""
        return tuple(line for line in self.lines if line.change is Change.WORSE)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for other programs."""
        return {
            "baseline": self.baseline.run,
            "other": self.other.run,
            "regressions": len(self.regressions),
            "caveats": list(self.caveats),
            "lines": [asdict(line) for line in self.lines],
        }


def comparable(run: KeptRun) -> KeptResults:
    """What a run said, if it speaks of the system.

    Raises:
        NotComparable: It is running or unfinished, was interrupted, is damaged, or the toolkit failed in it.
    """
    if run.results is None:
        told = f" ({run.problem})" if run.problem else ""
        raise NotComparable(f"{run.name} is {run.state}{told}; it can't be compared")
    if run.state is State.INTERRUPTED or not run.results.says_something:
        why = run.results.reasons[0].partition("\n")[0] if run.results.reasons else "it was ended early"
        raise NotComparable(f"{run.name} says nothing about the system ({why}); it can't be compared")
    return run.results


def compare(
    baseline: KeptResults,
    other: KeptResults,
    kept: Sequence[KeptResults],
    declared: float = DECLARED_NOISE,
) -> Comparison:
    """Compare a run with a baseline.

    Args:
        baseline: What is compared with.
        other: What is compared.
        kept: Runs that may tell how much chance does; those alike are found among them.
        declared: The share of a figure that is taken for noise where neither runs alike nor its own uncertainty tell.
    """
    groups = [alike(baseline, kept, but=other), alike(other, kept, but=baseline)]
    if _identity(baseline) == _identity(other):
        del groups[1]  # they are the same runs: the other one itself must not hide its change in the spread
    lines = (
        _verdicts(baseline, other),
        *_checks(baseline, other),
        *_hypotheses(baseline, other),
        *_measurements(baseline, other, groups, declared),
    )
    return Comparison(baseline, other, lines, tuple(_caveats(baseline, other)))


def alike(run: KeptResults, kept: Sequence[KeptResults], but: KeptResults) -> list[KeptResults]:
    """This run and the newest of those that differ from it by chance alone, without one of them."""
    same = [
        each
        for each in kept
        if each.says_something
        and each.run not in (run.run, but.run)
        and _identity(each) == _identity(run) != ()
    ]
    return [run, *sorted(same, key=lambda each: each.started_at, reverse=True)[: _RECENT - 1]]


def _identity(run: KeptResults) -> tuple[object, ...]:
    """What runs have in common that differ by chance alone; nothing where the run does not tell."""
    if not run.experiment.as_run:
        return ()
    return run.experiment.as_run, run.experiment.profile, run.system, run.machine


def _caveats(baseline: KeptResults, other: KeptResults) -> Iterator[str]:
    pairs = {
        "experiment": (baseline.experiment.name, other.experiment.name),
        "profile": (baseline.experiment.profile, other.experiment.profile),
        "system": (baseline.system.kind, other.system.kind),
        "version": (baseline.system.version, other.system.version),
        "machine": (baseline.machine, other.machine),
        "toolkit": (baseline.chaos_version, other.chaos_version),
    }
    yield from (
        f"another {what}: {a or 'none'}, then {b or 'none'}" for what, (a, b) in pairs.items() if a != b
    )
    one_file = baseline.experiment.name == other.experiment.name
    if one_file and baseline.experiment.as_run != other.experiment.as_run:
        yield "the experiment was not the same: its file, its profile or --set differ"
    measured = [{each.metric for each in run.measurements} for run in (baseline, other)]
    if single := sorted(measured[0] ^ measured[1]):
        yield f"measured in one of them only: {', '.join(single)}"


def _verdicts(baseline: KeptResults, other: KeptResults) -> Line:
    """A run that could not tell is worse than one that passed, and neither better nor worse than one that failed."""
    a, b = baseline.verdict, other.verdict
    if a is b:
        change = Change.SAME
    elif a is Verdict.PASSED:
        change = Change.WORSE
    elif b is Verdict.PASSED:
        change = Change.BETTER
    else:
        change = Change.UNKNOWN
    reason = other.reasons[0].partition("\n")[0] if other.reasons and change is not Change.SAME else ""
    return Line("verdict", "verdict", a, b, change, note=reason)


def _checks(baseline: KeptResults, other: KeptResults) -> Iterator[Line]:
    for after in other.checks:
        before = baseline.check(after.name)
        if before is None:
            continue
        yield Line("check", after.name, before.status, after.status, _status_change(before, after))
        for finding, count in after.findings.items():
            earlier = before.findings.get(finding)
            if count != earlier:
                yield _finding(before, after, finding)


def _status_change(before: KeptCheck, after: KeptCheck) -> Change:
    if before.status is after.status:
        return Change.SAME
    if after.status is Status.FAILED or before.status is Status.PASSED:
        return Change.WORSE
    return Change.BETTER if after.status is Status.PASSED else Change.UNKNOWN


def _finding(before: KeptCheck, after: KeptCheck, finding: str) -> Line:
    """A finding whose number is another: it counts where the check fails, and by more than counts vary by chance."""
    a, b = before.findings.get(finding), after.findings[finding]
    seen = after.opportunities.get(finding, 0)
    noise = note = None
    if a is None or b is None:
        change = Change.UNKNOWN
    elif before.status is not Status.FAILED and after.status is not Status.FAILED:
        change, note = Change.CHANGED, "allowed"
    elif b < a and not seen:
        change, note = Change.UNKNOWN, "it could not have been seen"
    else:
        noise = Noise(2 * math.sqrt(a + b) if a and b else 0.0, "how counts vary")
        change = Change.SAME if abs(b - a) <= noise.amount else Change.WORSE if b > a else Change.BETTER
    return Line("finding", finding, a, b, change, "jobs", noise, note or "")


def _hypotheses(baseline: KeptResults, other: KeptResults) -> Iterator[Line]:
    held = {(window, h.name): h.held for window, asked in baseline.hypotheses.items() for h in asked}
    for window, asked in other.hypotheses.items():
        for hypothesis in asked:
            if (window, hypothesis.name) in held:
                a, b = held[window, hypothesis.name], hypothesis.held
                change = Change.SAME if a is b else Change.UNKNOWN if None in (a, b) else _held(bool(b))
                yield Line("hypothesis", f"{hypothesis.name}, {window}", _HELD[a], _HELD[b], change)


_HELD: Final = {True: "held", False: "not held", None: "never asked"}


def _held(now: bool) -> Change:
    return Change.BETTER if now else Change.WORSE


def _measurements(
    baseline: KeptResults, other: KeptResults, groups: Sequence[Sequence[KeptResults]], declared: float
) -> Iterator[Line]:
    pairs = [(baseline.named(after.metric), after) for after in other.measurements]
    both = [(before, after) for before, after in pairs if before is not None]
    told = sum(None not in (before.value, after.value) for before, after in both)
    alpha = FALSE_ALARMS / max(1, told)
    for before, after in both:
        if before.value is None or after.value is None:
            yield _line(before, after, Change.UNKNOWN, None)
            continue
        values = [_values(after.metric, group) for group in groups]
        noise = noise_of_runs(values, alpha, math.sqrt(2)) or noise_of_two(before, after, declared)
        yield _line(before, after, change_of(before, after, noise), noise)


def _line(before: Measurement, after: Measurement, change: Change, noise: Noise | None) -> Line:
    grades = [each.grade or "no grade" for each in (before, after)]
    regraded = " to ".join(grades) if grades[0] != grades[1] else ""
    note = "; ".join(text for text in (regraded, after.note) if text)
    return Line("measurement", after.metric, before.value, after.value, change, after.unit, noise, note)


def _values(metric: str, runs: Sequence[KeptResults]) -> list[float]:
    measured = (run.measurement(metric) for run in runs)
    return [each.value for each in measured if each is not None and each.value is not None]
