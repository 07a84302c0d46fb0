"""`report.html`: a run as one page that needs no server, no network and no JavaScript.

What is drawn is made here and in `chaos.report.page`; the template sets it out, and escapes everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from chaos.checks.retries import Retries
from chaos.report.evidence import evidence_in_words
from chaos.report.meanings import FINDINGS, conclusion
from chaos.report.page.axis import TimeAxis, amount, clock
from chaos.report.page.charts import draw
from chaos.report.page.faults import fault_lanes, phase_bands
from chaos.report.page.panels import job_panels, resource_panels
from chaos.report.page.strips import strips
from chaos.report.page.witnesses import job_stories
from chaos.report.protocol import ReportFormat
from chaos.report.reported_run import ReportedRun
from chaos.verdict.results import Results

_FAILURES: Final = 10


class Html(ReportFormat):
    """The page for people."""

    summary = "a page for people: one file, offline, with charts over time"
    file_name = "report.html"
    after_every_run = True

    def text(self, run: ReportedRun) -> str:
        from chaos.report.page.template import (
            render,
        )  # here: only who makes a page pays for the template engine

        return render(_page(run))


def _page(run: ReportedRun) -> Mapping[str, Any]:
    """What the template sets out."""
    results, story, timeline = run.results, run.evidence.story, run.evidence.timeline
    axis = TimeAxis(0.0, timeline.bins * timeline.bin_s)
    middles_s = timeline.ends_s - timeline.bin_s / 2
    job_charts, job_numbers = draw(
        job_panels(timeline), middles_s, axis, name="jobs", caption="Jobs over time, behind the charts"
    )
    resources, moments_s = resource_panels(run.samples, story.load_start_ns)
    resource_charts, resource_numbers = draw(
        resources, moments_s, axis, name="processes", caption="What the processes used, behind the charts"
    )
    return {
        "run": run,
        "results": results,
        "conclusion": conclusion(results),
        "figures": _figures(results),
        "axis": axis,
        "bin_s": timeline.bin_s,
        "charts": (*job_charts, *resource_charts),
        "numbers": [numbers for numbers in (job_numbers, resource_numbers) if numbers.rows],
        "lanes": fault_lanes(results.faults, axis),
        "phases": phase_bands(story, axis),
        "strips": strips(story, results.hypotheses, axis),
        "job_stories": job_stories(results.checks, results.faults),
        "recovery": _recovery(results),
        "shares": _shares(results),
        "retry_times": list(_retry_times(run.evidence.retries)),
        "meanings": FINDINGS,
        "amount": amount,
        "clock": clock,
        "in_words": evidence_in_words,
    }


def _figures(results: Results) -> list[tuple[str, str]]:
    """The few numbers that people look for first."""
    metrics = results.metrics
    return [
        ("jobs enqueued", f"{metrics['enqueued']:,}"),
        ("jobs acknowledged", f"{metrics['acknowledged']:,}"),
        ("jobs completed", f"{metrics['completed']:,}"),
        ("throughput", f"{amount(metrics['throughput'])} jobs/s"),
        ("99 % done within", _duration(metrics["latency"]["p99"])),
        ("length of the run", clock(results.duration_s)),
    ]


def _recovery(results: Results) -> list[tuple[str, str]]:
    recovery = results.metrics["recovery"]
    return [
        ("until the broken component answered again", _duration(recovery["ready_s"])),
        ("until the next job was completed", _duration(recovery["first_completion_s"])),
        ("from the end of the load until no job was left", _duration(recovery["drained_s"])),
    ]


def _shares(results: Results) -> list[tuple[str, int, float]]:
    """Who completed how many jobs, and which share in percent."""
    completed_by: Mapping[str, int] = results.metrics["completed_by"]
    total = sum(completed_by.values()) or 1
    return [(worker, jobs, round(100 * jobs / total, 1)) for worker, jobs in completed_by.items()]


@dataclass(frozen=True)
class _RetryTimes:
    """How long jobs waited for their next attempt after a failure, in words.

    Attributes:
        after: Which failure of its job, from 1.
        jobs: How many waited.
        quickest, half, most: The shortest wait, and within which half and 95 % of them began.
    """

    after: int
    jobs: int
    quickest: str
    half: str
    most: str


def _retry_times(retries: Retries) -> Iterator[_RetryTimes]:
    for failure in np.unique(retries.failures).tolist()[:_FAILURES]:
        waited_s = retries.since_answered_s[retries.failures == failure]
        quickest, half, most = np.quantile(waited_s, (0, 0.5, 0.95), method="inverted_cdf").tolist()
        yield _RetryTimes(failure, len(waited_s), _duration(quickest), _duration(half), _duration(most))


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{amount(seconds * 1e3)} ms" if seconds < 1 else f"{amount(seconds)} s"
