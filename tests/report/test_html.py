"""What stands on the page. How it looks and behaves is seen in a real browser: test_in_chromium.py."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from chaos.report.html import Html
from chaos.report.reported_run import ReportedRun
from chaos.verdict.results import LogResult


def words(run: ReportedRun) -> str:
    """All that can be read, without the marks and on one line."""
    text = re.sub(r"<(style|script)>.*?</\1>", "", Html().text(run), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_the_verdict_and_its_reasons_come_before_everything_else(failed: ReportedRun) -> None:
    text = words(failed)
    places = [
        text.index(part)
        for part in (
            "Failed Of 120 acknowledged jobs, 1 job was lost. Why",
            "loss: 1 job (stuck 1), and 0 allowed under at-least-once",
            "Counted job by job",
            "Seconds from the start of the load",
            "until the broken component answered again",
            "after failure",
            "worker-1",
            "Every fault, with what showed that it bit",
            "Everything that happened to Job 60",
            "The experiment, as it was run",
        )
    ]
    assert places == sorted(places)


def test_a_witness_tells_how_long_each_step_took(failed: ReportedRun) -> None:
    assert "3.0000 s +0.0 ms kill fault kill requested on core" in words(failed)
    assert "3.0050 s +5.0 ms worker-1 received the job" in words(failed)


def test_retry_times_are_told_by_failure(passed: ReportedRun) -> None:
    assert "after failure retries quickest half within 95 % within 1 12 450 ms 450 ms 450 ms" in words(passed)


def test_it_says_how_to_run_it_again(passed: ReportedRun) -> None:
    assert f"chaos run {passed.directory}/experiment.yaml --seed 7" in words(passed)
    assert "{fault: kill, at: 3s" in words(passed)


def test_a_fault_that_was_not_seen_to_bite_says_so(inconclusive: ReportedRun) -> None:
    assert "kill on core 3.000 s never 3.600 s" in words(inconclusive)


def test_kinds_of_log_lines_are_told_with_the_first_of_each(passed: ReportedRun) -> None:
    logs = (LogResult("core", "locked", "bad", 3, "database is locked", 3.1),)
    text = words(ReportedRun(passed.evidence, replace(passed.results, logs=logs)))
    assert "bad locked core 3 3.10 s database is locked" in text


def test_what_would_not_be_seen_or_would_turn_the_text_around_it_is_told_by_its_number(
    passed: ReportedRun,
) -> None:
    logs = (LogResult("core", "odd", "bad", 1, "a\x1b[31m\u202eb", 3.1),)
    text = words(ReportedRun(passed.evidence, replace(passed.results, logs=logs)))
    assert "a<U+001B>[31m<U+202E>b" in text


def test_what_is_asked_of_a_metric_stands_with_the_checks(passed: ReportedRun) -> None:
    assert "worker-share 100% at least 10% ✓ passed" in words(passed)


def test_it_asks_nothing_of_a_network(passed: ReportedRun) -> None:
    assert re.findall(r"""(?:src|href|url\()\s*=?\s*["']?(?!#)[a-z]+:""", Html().text(passed)) == []
