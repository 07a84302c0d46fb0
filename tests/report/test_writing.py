"""Writing the reports of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chaos.report.html import Html
from chaos.report.junit import JUnit
from chaos.report.registry import REPORTS
from chaos.report.reported_run import ReportedRun
from chaos.report.writing import STEP_SUMMARY_VARIABLE, write_after_run
from tests.report.kept import kept_run


@pytest.fixture
def run(tmp_path: Path) -> ReportedRun:
    return kept_run(tmp_path / "run")


def test_every_run_writes_its_results_its_page_and_its_test_suite(
    run: ReportedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(STEP_SUMMARY_VARIABLE, raising=False)
    before = set(run.directory.path.iterdir())
    assert list(write_after_run(run)) == []
    written = {file.name for file in set(run.directory.path.iterdir()) - before}
    assert written == {"results.json", "report.html", "junit.xml"}
    assert json.loads(run.directory.results.read_text())["verdict"] == "passed"


def test_ci_gets_its_summary_appended_where_it_asks_for_it(
    run: ReportedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv(STEP_SUMMARY_VARIABLE, str(summary))
    assert list(write_after_run(run)) == []
    assert summary.read_text(encoding="utf-8").startswith("before\n## ✅ Passed")


def test_a_report_that_cant_be_written_is_told_and_the_others_are_written(run: ReportedRun) -> None:
    (run.directory.path / "junit.xml.new").mkdir()
    (complaint,) = write_after_run(run)
    assert complaint.startswith(f"{run.directory.path}/junit.xml can't be written: ")
    assert f"chaos report {run.directory} --format junit --output FILE" in complaint
    assert run.directory.page.exists()
    assert run.directory.results.exists()


def test_a_format_that_breaks_is_told_and_the_others_are_written(
    run: ReportedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: Html, _run: ReportedRun) -> str:
        raise ZeroDivisionError("no bins")

    monkeypatch.setattr(Html, "text", broken)
    (complaint,) = write_after_run(run)
    assert complaint == "the report html can't be made: ZeroDivisionError: no bins"
    assert (run.directory.path / JUnit.file_name).exists()


def test_a_page_that_is_written_again_is_the_same(run: ReportedRun) -> None:
    assert Html().text(run) == Html().text(ReportedRun(run.evidence, run.results))


@pytest.mark.parametrize("name", REPORTS.names())
def test_every_format_tells_of_a_run_of_which_nothing_is_known_but_its_start(
    name: str, tmp_path: Path
) -> None:
    run = kept_run(tmp_path / "run", begun=False)
    assert run.results.verdict == "inconclusive"
    assert "inconclusive" in REPORTS.named(name)().text(run).lower()
