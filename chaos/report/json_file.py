"""`results.json`: what a run says, for other programs."""

from __future__ import annotations

import json

from chaos.run_directory import RunDirectory
from chaos.verdict.results import Results


def results_text(results: Results) -> str:
    """The results as JSON."""
    return json.dumps(results.to_dict(), indent=2, ensure_ascii=False) + "\n"


def results_line(results: Results) -> str:
    """The results as one line of JSON, the last of a run's stream."""
    return json.dumps({"event": "results", **results.to_dict()}, separators=(",", ":"))


def write_results(directory: RunDirectory, results: Results) -> None:
    """Write `results.json`, whole or not at all.

    Raises:
        OSError: It can't be written.
    """
    draft = directory.results.with_suffix(".json.new")
    draft.write_text(results_text(results), encoding="utf-8")
    draft.replace(directory.results)
