"""Where schedules keep their state: one place for each user, beside the registry of runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaos.guardian.state import state_directory
from chaos.schedules.occurrences import Occurrence


@dataclass(frozen=True)
class Place:
    """The directory of the state, and what is in it."""

    path: Path

    @classmethod
    def chosen(cls, path: Path | None) -> Place:
        """The directory that was chosen, else the user's own."""
        return cls((path or state_directory() / "schedules").absolute())

    @property
    def journal(self) -> Path:
        """Every due time, and what became of it."""
        return self.path / "journal.sqlite"

    @property
    def alarms(self) -> Path:
        """When the scheduling library rings next."""
        return self.path / "alarms.sqlite"

    @property
    def lock(self) -> Path:
        """Held by the service while it runs."""
        return self.path / "service.lock"

    @property
    def logs(self) -> Path:
        """What each check printed."""
        return self.path / "logs"

    def log_of(self, occurrence: Occurrence) -> Path:
        """What this check printed."""
        return self.logs / f"{occurrence.schedule}-{occurrence.due:%Y%m%dT%H%M%S.%fZ}.ndjson"
