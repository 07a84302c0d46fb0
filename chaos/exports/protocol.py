"""What an export is: a watcher that also hears the verdict, and outlives the runs of one command."""

from __future__ import annotations

from typing import Protocol

from chaos.report.watcher import Watcher
from chaos.verdict.results import Results


class ExportRefused(Exception):
    """An export can't be made; the message says which, why, and the next step."""


class Export(Watcher, Protocol):
    """Follows the runs of a command, one after the other."""

    def judged(self, results: Results) -> None:
        """The run that ended last says this. Not called for a run of which there is no verdict."""
        ...

    def close(self) -> None:
        """No run follows: send what is left, in bounded time, and stop."""
        ...
