"""Where a run keeps what belongs to it.

A run's directory is the whole of it: the verdict can be made again from nothing else.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from chaos.clock import utc_now

RUNS_VARIABLE = "CHAOS_RUNS"


def sha256_of_text(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal digits."""
    import hashlib  # here: it maps megabytes into whoever only wants to know where a run's files are

    return hashlib.sha256(text.encode()).hexdigest()


def slug_of(experiment_name: str) -> str:
    """An experiment's name as it stands in the name of a run."""
    return re.sub(r"[^a-z0-9]+", "-", experiment_name.lower()).strip("-")[:60] or "experiment"


class NotARun(Exception):
    """A directory that was named as a run's is none; the message says what is missing in it."""


@dataclass(frozen=True)
class RunDirectory:
    """The directory of one run, and the places in it."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name: `20260102T030405Z-crash-recovery-1f2e3d`."""
        return self.path.name

    def __str__(self) -> str:
        """The path as people would type it: relative where it lies below the current directory."""
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)

    @property
    def experiment(self) -> Path:
        """The experiment as it was run, with its defaults filled in."""
        return self.path / "experiment.yaml"

    @property
    def ledger(self) -> Path:
        """The directory of the ledger."""
        return self.path / "ledger"

    @property
    def logs(self) -> Path:
        """One log a component."""
        return self.path / "logs"

    @property
    def undo(self) -> Path:
        """How what the run changes is undone, and the lock of whoever may do that."""
        return self.path / "undo"

    @property
    def scratch(self) -> Path:
        """What the tools of faults write; it is made when one is started, and gone with the run."""
        return self.path / "scratch"

    @property
    def system(self) -> Path:
        """What the system under test keeps: its database."""
        return self.path / "system"

    @property
    def samples(self) -> Path:
        """What each process used, second by second."""
        return self.path / "monitor.ndjson"

    @property
    def results(self) -> Path:
        """The results as JSON, for other programs."""
        return self.path / "results.json"

    @property
    def page(self) -> Path:
        """The report for people, to be opened in a browser."""
        return self.path / "report.html"

    @classmethod
    def create(cls, runs: Path, experiment_name: str) -> RunDirectory:
        """A new directory below `runs`, with its inner ones.

        Raises:
            OSError: It can't be made.
        """
        import secrets

        stamp = utc_now().strftime("%Y%m%dT%H%M%SZ")
        directory = cls((runs / f"{stamp}-{slug_of(experiment_name)}-{secrets.token_hex(3)}").absolute())
        for inner in (directory.ledger, directory.logs, directory.system, directory.undo):
            inner.mkdir(parents=True)
        return directory

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """The run that was kept in `path`.

        Raises:
            NotARun: It holds no experiment or no ledger.
        """
        directory = cls(path.absolute())
        for needed in (directory.experiment, directory.ledger):
            if not needed.exists():
                raise NotARun(f"{path} is not a run's directory: it has no {needed.name}")
        return directory


def runs_directory(chosen: Path | None) -> Path:
    """Where runs are kept: what was chosen, else `CHAOS_RUNS`, else `runs` in the current directory."""
    return chosen or Path(os.environ.get(RUNS_VARIABLE) or "runs")
