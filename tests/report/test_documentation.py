"""The format that docs/reports.md shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaos.registry import Place
from chaos.report.registry import REPORTS
from chaos.report.reported_run import ReportedRun
from chaos.report.writing import report_text

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"


def test_the_format_that_is_shown_makes_a_report(
    passed: ReportedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "slack_format.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(REPORTS, "_plugins", {"slack": Place("slack_format:Slack", "a-plugin")})
    assert report_text(passed, "slack") == "passed: Killing the core loses no job"


def test_the_page_tells_of_every_file_that_a_run_writes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for report in REPORTS.available().values():
        assert not report.after_every_run or f"| `{report.file_name}` | " in text
