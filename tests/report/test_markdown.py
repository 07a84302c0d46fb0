"""A run in Markdown."""

from __future__ import annotations

import re

import pytest

from chaos.report.markdown import Markdown
from chaos.report.reported_run import ReportedRun
from tests.report.kept import with_every_text


def test_the_verdict_comes_first_with_what_it_means(failed: ReportedRun) -> None:
    lines = Markdown().text(failed).splitlines()
    assert lines[0] == "## ❌ Failed: Killing the core loses no job"
    assert lines[2] == "Of 120 acknowledged jobs, 1 job was lost."
    assert "- loss: 1 job (stuck 1), and 0 allowed under at-least-once" in lines


def test_what_was_found_is_told_in_plain_words(failed: ReportedRun) -> None:
    (row,) = (line for line in Markdown().text(failed).splitlines() if line.startswith("| loss"))
    assert row.startswith("| loss | **failed** | 1 | stuck 1: the system has the job unfinished for good")


def test_a_run_that_passed_says_what_was_proven(passed: ReportedRun) -> None:
    text = Markdown().text(passed)
    assert "3 checks passed over 120 acknowledged jobs: loss, duplication, integrity." in text
    assert "| kill | core | 3 s | 3.6 s | signal SIGKILL, gone after 3.2 ms" in text


def test_a_fault_that_was_not_seen_to_bite_is_marked(inconclusive: ReportedRun) -> None:
    assert "**not seen to bite**" in Markdown().text(inconclusive)


@pytest.mark.parametrize("text", ["a | b", "<img src=x>", "[a](http://b)", "`a`", "two\nlines", "# head"])
def test_what_the_system_says_stays_text(failed: ReportedRun, text: str) -> None:
    results = with_every_text(failed.results, text)
    told = Markdown().text(ReportedRun(failed.evidence, results))
    unescaped = re.sub(r"`[^`\n]*`|\\.", "", told)
    assert not re.search(r"[`#<>\[\]](?!br>)", unescaped.replace("<br>", "").removeprefix("## "))
    rows = [line.count("|") for line in unescaped.splitlines() if line.startswith("|")]
    assert set(rows) <= {4, 5, 6}
    assert "\ntwo" not in told
