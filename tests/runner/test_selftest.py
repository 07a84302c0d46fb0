"""What is made of a case of the self-test: right, or wrong and why."""

from __future__ import annotations

import json

from chaos.runner.selftest import _result, cases

MISSED = cases(["missed-forgotten"])[0]


def said(**results: object) -> bytes:
    """What a run prints."""
    events = [{"event": "run-directory", "path": "runs/x"}, {"event": "results", **results}]
    return "\n".join(map(json.dumps, events)).encode()


def test_a_case_that_passes_though_a_defect_was_planted_is_wrong_and_says_what_the_run_noted() -> None:
    out = said(reasons=[], notes=["no due time came while the system was down"], checks=[])
    result = _result(MISSED, 0, out, b"")
    assert not result.right
    assert result.reason == "the run passed; no due time came while the system was down"


def test_a_case_without_results_says_what_came_instead() -> None:
    assert _result(MISSED, 2, b"", b"this machine lacks it\n").reason == "this machine lacks it"
    assert _result(MISSED, -9, b"", b"").reason == "no results"
