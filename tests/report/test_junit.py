"""`junit.xml`."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.report.junit import JUnit
from chaos.report.reported_run import ReportedRun
from tests.report.kept import THROUGHPUT, with_every_text

# What the schema of the Ant task and of the CI systems that read it allow: attributes (those that must be there), and
# children in their order.
REQUIRED = {
    "testsuites": set[str](),
    "testsuite": {"name", "tests", "failures", "errors", "time", "timestamp", "hostname"},
    "properties": set[str](),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type"},
    "error": {"type"},
    "system-out": set[str](),
}
OPTIONAL = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"skipped"},
    "failure": {"message"},
    "error": {"message"},
}
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "properties": ["property"],
    "testcase": ["failure", "error", "system-out"],
}


def conforms(element: ET.Element) -> None:
    """The element and all below it have the attributes and children that they must and may have."""
    attributes = set(element.attrib)
    assert REQUIRED[element.tag] <= attributes
    assert attributes <= REQUIRED[element.tag] | OPTIONAL.get(element.tag, set())
    allowed = CHILDREN.get(element.tag, [])
    order = [allowed.index(child.tag) for child in element]
    assert order == sorted(order)
    for child in element:
        conforms(child)


def cases(run: ReportedRun) -> dict[str, str | None]:
    """Every case by its name, with what is wrong with it."""
    suites = ET.fromstring(JUnit().text(run))
    conforms(suites)
    return {
        f"{case.get('classname')} {case.get('name')}": next(
            (child.tag for child in case if child.tag != "system-out"), None
        )
        for case in suites.iter("testcase")
    }


def test_each_check_bound_hypothesis_and_fault_is_a_case(passed: ReportedRun) -> None:
    assert cases(passed) == dict.fromkeys(
        (
            "chaos.reference.run verdict",
            "chaos.reference.checks loss",
            "chaos.reference.checks duplication",
            "chaos.reference.checks integrity",
            "chaos.reference.metrics worker-share",
            f"chaos.reference.hypotheses {THROUGHPUT} (baseline)",
            f"chaos.reference.hypotheses {THROUGHPUT} (after)",
            "chaos.reference.faults kill on core",
        )
    )


def test_what_the_system_is_to_blame_for_is_a_failure(failed: ReportedRun) -> None:
    troubled = {name: trouble for name, trouble in cases(failed).items() if trouble}
    assert troubled == dict.fromkeys(
        ("chaos.reference.run verdict", "chaos.reference.checks loss"), "failure"
    )


def test_what_proves_nothing_is_an_error(inconclusive: ReportedRun) -> None:
    troubled = {name: trouble for name, trouble in cases(inconclusive).items() if trouble}
    assert troubled == dict.fromkeys(
        ("chaos.reference.run verdict", "chaos.reference.faults kill on core"), "error"
    )


@pytest.mark.parametrize("kind", ["passed", "failed", "inconclusive"])
def test_the_suite_counts_its_cases(kind: str, request: pytest.FixtureRequest) -> None:
    run: ReportedRun = request.getfixturevalue(kind)
    suite = ET.fromstring(JUnit().text(run)).find("testsuite")
    assert suite is not None
    assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))
    assert suite.get("timestamp") == "2026-01-02T03:04:05"
    troubled = len(suite.findall("testcase/failure")) + len(suite.findall("testcase/error"))
    assert (troubled == 0) == (kind == "passed")


@given(text=st.text())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_system_says_it_stays_well_formed(failed: ReportedRun, text: str) -> None:
    conforms(
        ET.fromstring(
            JUnit().text(ReportedRun(failed.evidence, with_every_text(failed.results, text))).encode()
        )
    )
