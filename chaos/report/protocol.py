"""What a report format is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from chaos.report.reported_run import ReportedRun


class ReportFormat(ABC):
    """One way to tell of a run. Its name is the one it is registered by.

    Attributes:
        summary: What it is for, in one line.
        file_name: What its file is called in a run's directory.
        after_every_run: Whether every run writes it; the others are made when they are asked for.
    """

    summary: ClassVar[str]
    file_name: ClassVar[str]
    after_every_run: ClassVar[bool] = False

    @abstractmethod
    def text(self, run: ReportedRun) -> str:
        """The whole report.

        What comes from the system under test (ids, errors, log lines) may be anything, and must come out as plain text.

        Raises:
            OSError: A file of the run can't be read.
        """
