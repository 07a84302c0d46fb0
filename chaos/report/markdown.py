"""A run in Markdown, short, as for a pull request or the summary of a CI step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chaos.checks.findings import CheckResult, Status
from chaos.metrics.measured import BoundResult
from chaos.report.evidence import evidence_in_words
from chaos.report.meanings import FINDINGS, conclusion
from chaos.report.protocol import ReportFormat
from chaos.report.reported_run import ReportedRun
from chaos.verdict.results import FaultResult, HypothesisResult, Results, Verdict

_MARKS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.INCONCLUSIVE: "⚠️"}
_HELD = {True: "held", False: "**not held**", None: "**never asked**"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@$])")
_FAULTS = 20


class Markdown(ReportFormat):
    """Verdict, reasons, checks, hypotheses, faults and speed."""

    summary = "short, for a pull request; also appended to $GITHUB_STEP_SUMMARY"
    file_name = "summary.md"

    def text(self, run: ReportedRun) -> str:
        results = run.results
        blocks = [
            f"## {_MARKS[results.verdict]} {results.verdict.capitalize()}: {plain(results.experiment['title'])}",
            plain(conclusion(results)),
            _list(reason.text for reason in results.reasons),
            _list(f"Note: {note}" for note in results.notes),
            table(("check", "status", "jobs", "found"), map(_check, results.checks)),
            table(("steady state", "window", "", "samples", "worst"), map(_hypothesis, results.hypotheses)),
            table(("fault", "on", "from", "to", "evidence"), map(_fault, results.faults[:_FAULTS])),
            _more(len(results.faults) - _FAULTS, "faults"),
            table(("metric", "grade", "value"), _grades(results)),
            _speed(results),
            f"System {plain(results.system.in_words)}, "
            f"seed {results.seed}, run {plain(results.run)}. "
            f"Again: `chaos run {run.directory}/{run.directory.experiment.name}`",
        ]
        return "\n\n".join(block for block in blocks if block) + "\n"


def plain(text: str) -> str:
    """A text that means itself in Markdown, also inside a table, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {plain(text.partition(chr(10))[0])}" for text in texts)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of texts that are Markdown already; nothing where it has no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines])


def _more(number: int, what: str) -> str:
    return f"… and {number} more {what} in results.json" if number > 0 else ""


def _check(check: CheckResult) -> tuple[str, ...]:
    status = check.status if check.status is Status.PASSED else f"**{check.status}**"
    return check.name, status, f"{check.count:,}", "<br>".join(_found(check)) or "nothing"


def _found(check: CheckResult) -> Iterator[str]:
    for finding, count in check.findings.items():
        if count is None:
            yield f"{finding}: unknown"
        elif count:
            yield f"{finding} {count:,}: {FINDINGS[finding]}"


def _bound(bound: BoundResult) -> tuple[str, ...]:
    status = bound.status if bound.status is Status.PASSED else f"**{bound.status}**"
    return plain(bound.name), status, plain(bound.shown), plain(bound.bound)


def _grades(results: Results) -> Iterator[tuple[str, ...]]:
    for measured in results.measurements:
        if measured.grade is not None:
            yield plain(measured.metric), measured.grade, plain(measured.shown)


def _hypothesis(result: HypothesisResult) -> tuple[str, ...]:
    return plain(result.name), result.window, _HELD[result.held], str(result.samples), plain(result.shown)


def _fault(fault: FaultResult) -> tuple[str, ...]:
    seen = "" if fault.confirmed_s is not None else "**not seen to bite** "
    return (
        plain(fault.name),
        plain(fault.target),
        _seconds(fault.requested_s),
        _seconds(fault.reverted_s),
        seen + plain(evidence_in_words(fault.evidence, at_most=5)),
    )


def _speed(results: Results) -> str:
    metrics = results.metrics
    p99_s = metrics["latency"]["p99"]
    latency = "" if p99_s is None else f", 99 % of them within {_seconds(p99_s)} of when they were due"
    return (
        f"{metrics['acknowledged']:,} of {metrics['enqueued']:,} jobs acknowledged, {metrics['completed']:,} completed "
        f"at {metrics['throughput']:.0f} a second{latency}."
    )


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.3g} s" if value < 100 else f"{value:.0f} s"
