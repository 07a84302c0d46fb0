"""Writing the reports of a run. One that can't be written is told; the verdict and the other reports stand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from chaos.report.registry import REPORTS
from chaos.report.reported_run import ReportedRun

STEP_SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""Names the file to which GitHub Actions wants a step's summary appended, in Markdown."""


class ReportNotWritten(Exception):
    """A report could not be made or written; the message says which, why, and the next step."""


def write_after_run(run: ReportedRun) -> Iterator[str]:
    """Write what every run writes, and where CI asks for one, its summary.

    Yields:
        What could not be written, and why, a line each.
    """
    yield from REPORTS.broken().values()
    writes = [(name, write_whole, place_of(run, name)) for name in names_after_every_run()]
    if summary := os.environ.get(STEP_SUMMARY_VARIABLE):
        writes.append(("markdown", _append, Path(summary)))
    for name, write, file in writes:
        try:
            write_report(run, name, file, write)
        except ReportNotWritten as error:
            yield str(error)


def names_after_every_run() -> list[str]:
    """The formats that every run writes."""
    return [name for name, report in REPORTS.available().items() if report.after_every_run]


def place_of(run: ReportedRun, name: str) -> Path:
    """Where a report stands in its run's directory."""
    return run.directory.path / REPORTS.named(name).file_name


def report_text(run: ReportedRun, name: str) -> str:
    """A report of a run.

    Raises:
        ReportNotWritten: It can't be made.
    """
    try:
        return REPORTS.named(name)().text(run)
    except Exception as error:
        raise ReportNotWritten(f"the report {name} can't be made: {type(error).__name__}: {error}") from error


def write_whole(file: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        OSError: It can't be written.
    """
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    draft.replace(file)


def write_report(
    run: ReportedRun, name: str, file: Path, write: Callable[[Path, str], None] = write_whole
) -> None:
    """Make a report of a run and write it to a file.

    Raises:
        ReportNotWritten: It can't be made or written.
    """
    text = report_text(run, name)
    try:
        write(file, text)
    except OSError as error:
        raise ReportNotWritten(
            f"{file} can't be written: {error.strerror or error}; "
            f"`chaos report {run.directory} --format {name} --output FILE` writes it elsewhere"
        ) from error


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8", errors="backslashreplace") as summary:
        summary.write(f"{text}\n")
