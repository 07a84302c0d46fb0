"""`results.json`: what a run says, for other programs."""

from __future__ import annotations

import json

from chaos.report.protocol import ReportFormat
from chaos.report.reported_run import ReportedRun
from chaos.verdict.results import Results


class Json(ReportFormat):
    """The results in full."""

    summary = "the results in full, for other programs"
    file_name = "results.json"
    after_every_run = True

    def text(self, run: ReportedRun) -> str:
        return results_text(run.results)


def results_text(results: Results) -> str:
    """The results as JSON."""
    return json.dumps(results.to_dict(), indent=2, ensure_ascii=False) + "\n"


def results_line(results: Results) -> str:
    """The results as one line of JSON, the last of a run's stream."""
    return json.dumps({"event": "results", **results.to_dict()}, separators=(",", ":"))
