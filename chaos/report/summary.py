"""The end of a run on the console: verdict, reasons, checks with their witnesses, recovery, throughput and latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chaos.checks.findings import CheckResult, Status, Witness
from chaos.experiment.fault_spec import OCCURRENCE_MARK
from chaos.metrics.grades import Grade
from chaos.metrics.measured import BoundResult, Measured
from chaos.monitor.log_lines import read_line
from chaos.monitor.log_rules import Tone
from chaos.processes.logs import plain
from chaos.report.evidence import evidence_in_words, shortly
from chaos.run_directory import RunDirectory
from chaos.verdict.results import FaultResult, LogResult, Results, Verdict

_VERDICT_STYLES = {
    Verdict.PASSED: "bold green",
    Verdict.FAILED: "bold red",
    Verdict.INCONCLUSIVE: "bold yellow",
}
_STATUS_STYLES = {Status.PASSED: "green", Status.FAILED: "bold red", Status.UNKNOWN: "yellow"}
_GRADE_STYLES = {
    Grade.TARGET: "green",
    Grade.ACCEPTABLE: "green",
    Grade.POOR: "yellow",
    Grade.CRITICAL: "bold red",
}
_HELD = {True: ("held", "green"), False: ("not held", "bold red"), None: ("never asked", "yellow")}
_TIMES = 3
_EVIDENCE = 5
_WITNESSES = 3
_LOGS = 8
_WITNESS_EVENTS = 14


def print_summary(console: Console, results: Results, directory: RunDirectory) -> None:
    """Print what a run says, the most important first."""
    console.print()
    console.print(
        Text(f"{results.verdict.upper()}", style=_VERDICT_STYLES[results.verdict]),
        Text(plain(f" {results.experiment['title']} · {results.system.in_words}")),
        sep="",
        soft_wrap=True,
    )
    for reason in results.reasons:
        console.print(Text(plain(f"  because {_first_line(reason.text)}")), soft_wrap=True)
    for note in results.notes:
        console.print(Text(plain(f"  note: {note}"), style="yellow"), soft_wrap=True)
    _print_checks(console, results)
    _print_hypotheses(console, results)
    _print_faults(console, results.faults)
    _print_grades(console, results.measurements)
    _print_logs(console, results.logs)
    _print_metrics(console, results.metrics)
    console.print(Text(f"again    chaos check {directory}"), soft_wrap=True)
    console.print(Text(f"results  {directory}/{directory.results.name}"), soft_wrap=True)
    page = f"{directory}/{directory.page.name}" if directory.page.exists() else f"chaos report {directory}"
    console.print(Text(f"report   {page}"), soft_wrap=True)


def _first_line(text: str) -> str:
    """Log lines that a reason quotes were shown as they happened, and are in `results.json`."""
    first, _, more = text.partition("\n")
    return f"{first} …" if more else first


def _print_checks(console: Console, results: Results) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("check")
    table.add_column("status")
    table.add_column("jobs", justify="right")
    table.add_column("findings (how often each could have been seen)")
    for check in results.checks:
        status = Text(check.status, style=_STATUS_STYLES[check.status])
        table.add_row(check.name, status, str(check.count), _findings(check))
    console.print()
    console.print(table)
    for check in results.checks:
        if check.status is Status.FAILED:
            _print_witnesses(console, check.witnesses)
    _print_bounds(console, results.bounds)


def _print_bounds(console: Console, bounds: Sequence[BoundResult]) -> None:
    if not bounds:
        return
    table = _table("metric", "status", "value", "bound")
    for bound in bounds:
        table.add_row(
            bound.name, Text(bound.status, style=_STATUS_STYLES[bound.status]), bound.shown, bound.bound
        )
    console.print()
    console.print(table)


def _print_grades(console: Console, measured: Sequence[Measured]) -> None:
    """The metrics that have a grade; all of them are in `results.json`."""
    graded = [(one, one.grade) for one in measured if one.grade is not None]
    if not graded:
        return
    table = _table("metric", "grade", "value", "")
    for one, grade in graded:
        table.add_row(one.metric, Text(grade, style=_GRADE_STYLES[grade]), one.shown, one.note)
    console.print()
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column)
    return table


def _findings(check: CheckResult) -> str:
    return ", ".join(
        f"{finding} {'unknown' if count is None else count} ({check.opportunities.get(finding, 0)})"
        for finding, count in check.findings.items()
    )


def _print_witnesses(console: Console, witnesses: Sequence[Witness]) -> None:
    """A few of the jobs, each once, with all that it shows."""
    by_job: dict[str, list[Witness]] = {}
    for witness in witnesses:
        by_job.setdefault(witness.subject, []).append(witness)
    for same in list(by_job.values())[:_WITNESSES]:
        _print_witness(console, same[0], ", ".join(witness.finding for witness in same))
    if (more := len(by_job) - _WITNESSES) > 0:
        console.print(Text(f"… and {more} more witnesses in results.json"))


def _print_witness(console: Console, witness: Witness, findings: str) -> None:
    around = f", around {', '.join(witness.faults)}" if witness.faults else ""
    console.print()
    console.print(Text(f"{findings}: {witness.subject}{around}", style="bold"), soft_wrap=True)
    for event in witness.events[:_WITNESS_EVENTS]:
        console.print(
            Text(plain(f"  {event['at_s']:9.4f} s  {event['who']:<12} {event['what']}")), soft_wrap=True
        )
    if (more := len(witness.events) - _WITNESS_EVENTS) > 0:
        console.print(Text(f"  … and {more} more in results.json"))


def _print_hypotheses(console: Console, results: Results) -> None:
    if not results.hypotheses:
        return
    table = _table("steady state", "window", "", "samples", "worst")
    for result in results.hypotheses:
        word, style = _HELD[result.held]
        table.add_row(result.name, result.window, Text(word, style=style), str(result.samples), result.shown)
    console.print()
    console.print(table)


def _print_faults(console: Console, faults: Sequence[FaultResult]) -> None:
    """Each fault with its evidence; of one that was injected many times, the first times and those that went wrong."""
    if faults:
        console.print()
    for _, group in groupby(faults, key=lambda fault: fault.name.partition(OCCURRENCE_MARK)[0]):
        times = list(group)
        shown = [fault for number, fault in enumerate(times) if number < _TIMES or not _went_well(fault)]
        for fault in shown:
            style = "" if _went_well(fault) else "yellow"
            console.print(Text(f"fault       {_fault_in_words(fault)}", style=style), soft_wrap=True)
        if (more := len(times) - len(shown)) > 0:
            console.print(Text(f"            … and {more} more, each seen and undone"))


def _went_well(fault: FaultResult) -> bool:
    return fault.confirmed_s is not None and fault.reverted_s is not None


def _fault_in_words(fault: FaultResult) -> str:
    if fault.requested_s is None:
        return f"{fault.name}: not injected"
    kind = "" if fault.name.partition(OCCURRENCE_MARK)[0] == fault.kind else f" ({fault.kind})"
    undone = "not seen to be undone" if fault.reverted_s is None else f"undone at {fault.reverted_s:.2f} s"
    seen = ", not seen to have bitten" if fault.confirmed_s is None else ""
    evidence = evidence_in_words(fault.evidence, at_most=_EVIDENCE)
    return (
        f"{fault.name}{kind} on {shortly(fault.target.split(', '))} at {fault.requested_s:.2f} s{seen}, {undone}"
        f"{': ' if evidence else ''}{evidence}"
    )


def _print_logs(console: Console, logs: Sequence[LogResult]) -> None:
    """What is bad to see in logs; the rest is in `results.json`."""
    bad = [log for log in logs if log.tone == Tone.BAD]
    if bad:
        console.print()
    for log in bad[:_LOGS]:
        first = read_line(log.first).message
        text = f"log         {log.component} {log.rule} {log.count}×, first at {log.first_s:.2f} s: {first}"
        console.print(Text(text, style="yellow"), soft_wrap=True)
    if (more := len(bad) - _LOGS) > 0:
        console.print(Text(f"            … and {more} more kinds in results.json"))


def _print_metrics(console: Console, metrics: Mapping[str, Any]) -> None:
    console.print()
    for line in _metric_lines(metrics):
        console.print(Text(line), soft_wrap=True)


def _metric_lines(metrics: Mapping[str, Any]) -> list[str]:
    recovery = metrics["recovery"]
    times = {"ready": "ready_s", "first completion": "first_completion_s", "drained": "drained_s"}
    latency, enqueue = metrics["latency"], metrics["enqueue_latency"]
    return [
        f"jobs        {metrics['enqueued']} enqueued, {metrics['acknowledged']} acknowledged, "
        f"{metrics['completed']} completed in {metrics['executions']} executions",
        f"throughput  {_number(metrics['throughput'])} jobs/s",
        f"latency     enqueue {_quantiles(enqueue)}; due to done {_quantiles(latency)}",
        "recovery    " + ", ".join(f"{name} {_seconds(recovery[key])}" for name, key in times.items()),
    ]


def _quantiles(latency: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} {_number(latency[name], 'ms', 1e3)}" for name in ("p50", "p95", "p99"))


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def _number(value: float | None, unit: str = "", factor: float = 1.0) -> str:
    return "–" if value is None else f"{value * factor:.1f}{' ' + unit if unit else ''}"
