"""What one judged run says about each thing that could have been found in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chaos.checks.findings import Finding
from chaos.findings.observed import SaysNothing, Setup, observe
from chaos.verdict.results import ExitCode, Reason, SystemUnderTest, Verdict
from tests.report.kept import kept_run


def test_a_finding_that_fails_is_counted_with_its_witness(tmp_path: Path) -> None:
    seen = observe(kept_run(tmp_path / "run", lost=True))
    assert seen.jobs[Finding.STUCK] == 1
    assert [witness.job for witness in seen.witnesses] == [60]
    assert (seen.seed, seen.verdict, seen.fault_kinds) == (7, Verdict.FAILED, frozenset({"kill"}))


def test_a_finding_that_could_have_been_seen_and_was_not_is_zero(tmp_path: Path) -> None:
    seen = observe(kept_run(tmp_path / "run"))
    assert seen.jobs[Finding.STUCK] == 0
    assert seen.witnesses == ()


def test_a_finding_without_an_opportunity_says_nothing(tmp_path: Path) -> None:
    assert Finding.RECOVERED not in observe(kept_run(tmp_path / "run")).jobs


def test_a_claim_is_told_with_what_came_instead(tmp_path: Path) -> None:
    claims = observe(kept_run(tmp_path / "run", held=False)).claims
    assert claims["throughput at least 10/s, after"] == "2/s"
    assert claims["worker-share at least 10%"] == ""


def test_a_run_that_was_interrupted_says_nothing(tmp_path: Path) -> None:
    run = kept_run(tmp_path / "run")
    ended = replace(run.results, reasons=(Reason(ExitCode.INTERRUPTED, "it was ended by Ctrl-C"),))
    with pytest.raises(SaysNothing, match="ended by Ctrl-C"):
        observe(replace(run, results=ended))


def test_a_setup_names_what_is_not_as_by_default(tmp_path: Path) -> None:
    variant = {"system.storage": "postgres", "load.workers.runtime": "node"}
    system = SystemUnderTest("reseolio", "0.1.3", variant)
    setup = Setup.of(replace(kept_run(tmp_path / "run").results, system=system))
    assert setup.variant == (("system.storage", "postgres"), ("load.workers.runtime", "node"))
