"""`junit.xml`: what CI systems show of a run, one test case a question.

A check, a bound on a metric, a steady-state hypothesis in a window, and a fault's evidence are a case each; the case
`verdict` carries every reason. A `failure` says that the system is to blame, an `error` that nothing could be proven.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from chaos.checks.findings import CheckResult, Status
from chaos.experiment.model import Window
from chaos.metrics.measured import BoundResult
from chaos.report.evidence import evidence_in_words
from chaos.report.protocol import ReportFormat
from chaos.report.reported_run import ReportedRun
from chaos.verdict.results import ExitCode, FaultResult, HypothesisResult, Results

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_TROUBLES = {Status.PASSED: None, Status.FAILED: "failure", Status.UNKNOWN: "error"}


@dataclass(frozen=True)
class _Case:
    """One test case; `trouble` is the element that says what is wrong with it, with its text."""

    group: str
    name: str
    trouble: str | None = None
    text: str = ""
    output: str = ""


class JUnit(ReportFormat):
    """One test suite a run."""

    summary = "one test case a check, a hypothesis and a fault, for CI"
    file_name = "junit.xml"
    after_every_run = True

    def text(self, run: ReportedRun) -> str:
        results = run.results
        cases = list(_cases(results))
        counts = {
            "tests": str(len(cases)),
            "failures": str(sum(case.trouble == "failure" for case in cases)),
            "errors": str(sum(case.trouble == "error" for case in cases)),
        }
        time = {"time": f"{results.duration_s:.3f}"}
        suites = ET.Element("testsuites", {"name": "chaos", **counts, **time})
        about = {"name": results.experiment["title"], "hostname": results.machine, "skipped": "0"}
        suite = _add(suites, "testsuite", {**about, **counts, **time, "timestamp": _timestamp(results)})
        properties = _add(suite, "properties")
        for name, value in _properties(results):
            _add(properties, "property", {"name": name, "value": value})
        for case in cases:
            _add_case(suite, case, results.system.name)
        ET.indent(suites)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _cases(results: Results) -> Iterator[_Case]:
    yield _of_verdict(results)
    yield from map(_of_check, results.checks)
    yield from map(_of_bound, results.bounds)
    yield from (_of_hypothesis(result, bool(results.faults)) for result in results.hypotheses)
    yield from map(_of_fault, results.faults)


def _of_verdict(results: Results) -> _Case:
    reasons = "\n".join(reason.text for reason in results.reasons)
    trouble = {ExitCode.PASSED: None, ExitCode.FAILED: "failure"}.get(results.exit_code, "error")
    return _Case("run", "verdict", trouble, reasons, output="\n".join(results.notes))


def _of_check(check: CheckResult) -> _Case:
    told = (
        f"{finding}: {'unknown' if count is None else count} of {check.opportunities.get(finding, 0)}"
        for finding, count in check.findings.items()
    )
    return _Case("checks", check.name, _TROUBLES[check.status], "\n".join(check.reasons), "\n".join(told))


def _of_bound(bound: BoundResult) -> _Case:
    output = f"{bound.shown}, and {bound.bound} is asked for"
    return _Case("metrics", bound.name, _TROUBLES[bound.status], "\n".join(bound.reasons), output)


def _of_hypothesis(result: HypothesisResult, has_faults: bool) -> _Case:
    name = f"{result.name} ({result.window})"
    if result.held is None:
        return _Case("hypotheses", name, "error", f"never asked in the {result.window} window")
    told = (
        f"{result.samples} samples, worst answer: {result.shown}{f' ({result.note})' if result.note else ''}"
    )
    if result.held:
        return _Case("hypotheses", name, output=told)
    before_faults = has_faults and result.window is Window.BASELINE
    trouble = "error" if before_faults else "failure"
    return _Case("hypotheses", name, trouble, f"did not hold in the {result.window} window; {told}")


def _of_fault(fault: FaultResult) -> _Case:
    steps = {
        "injected": fault.requested_s,
        "seen to bite": fault.confirmed_s,
        "seen undone": fault.reverted_s,
    }
    never = next((step for step, at_s in steps.items() if at_s is None), None)
    told = [f"{step} at {at_s:.3f} s" for step, at_s in steps.items() if at_s is not None]
    output = "\n".join([*told, evidence_in_words(fault.evidence)])
    name = f"{fault.name} on {fault.target}" if fault.target else fault.name
    return _Case("faults", name, "error" if never else None, f"the fault was not {never}", output)


def _properties(results: Results) -> Iterator[tuple[str, str]]:
    yield "run", results.run
    yield "seed", str(results.seed)
    yield "verdict", results.verdict
    yield "exit-code", str(int(results.exit_code))
    yield "experiment", results.experiment["file"]
    yield "system", results.system.in_words
    yield "chaos-version", results.chaos_version


def _add_case(suite: ET.Element, case: _Case, system: str) -> None:
    about = {"classname": f"chaos.{system}.{case.group}", "name": case.name, "time": "0"}
    element = _add(suite, "testcase", about)
    if case.trouble is not None:
        first, _, _ = case.text.partition("\n")
        _add(element, case.trouble, {"message": first, "type": case.group}, case.text)
    if case.output:
        _add(element, "system-out", text=case.output)


def _add(
    parent: ET.Element, tag: str, attributes: Mapping[str, str] | None = None, text: str | None = None
) -> ET.Element:
    """A new element at the end of another, with plain texts."""
    plain = {name: _plain(value) for name, value in (attributes or {}).items()}
    element = ET.SubElement(parent, tag, plain)
    element.text = None if text is None else _plain(text)
    return element


def _timestamp(results: Results) -> str:
    """The start of the run as JUnit has it: ISO 8601 in seconds, without a zone."""
    return results.started_at[: len("2026-01-02T03:04:05")]


def _plain(text: str) -> str:
    """The text without what XML can't hold in any form."""
    return _NOT_IN_XML.sub("\ufffd", text)
