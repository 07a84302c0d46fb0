"""The report formats there are, by name: the built-in ones, and those that others register in `chaos.reports`."""

from __future__ import annotations

from typing import Any

from chaos.registry import Registry
from chaos.report.protocol import ReportFormat


def _accept(part: Any) -> type[ReportFormat]:
    if isinstance(part, type) and issubclass(part, ReportFormat) and hasattr(part, "file_name"):
        return part
    raise TypeError(f"{part!r} is no subclass of ReportFormat with a file_name")


REPORTS: Registry[type[ReportFormat]] = Registry(
    kind="report format",
    group="chaos.reports",
    builtins={
        "html": "chaos.report.html:Html",
        "json": "chaos.report.json_file:Json",
        "junit": "chaos.report.junit:JUnit",
        "markdown": "chaos.report.markdown:Markdown",
    },
    accept=_accept,
)
