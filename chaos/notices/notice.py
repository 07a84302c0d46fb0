"""What people are told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class Event(StrEnum):
    """Why people are told."""

    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    RECOVERED = "recovered"
    REGRESSION = "regression"
    BROKEN = "broken"


@dataclass(frozen=True)
class Notice:
    """One thing that people are told.

    Attributes:
        event: Why.
        schedule: Whose check it was.
        due: When it was due, in ISO 8601.
        outcome: What became of it.
        title: All of it in a line.
        reasons: What there is to say about it, a line each.
        runs: The directories of its runs.
    """

    event: Event
    schedule: str
    due: str
    outcome: str
    title: str
    reasons: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, for people."""
        kept = [f"run: {run}" for run in self.runs]
        return "\n".join([self.title, *(f"- {reason}" for reason in self.reasons), *kept])

    def to_json(self) -> str:
        """For other programs."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Notice:
        """What `to_json` wrote.

        Raises:
            ValueError: It is something else.
        """
        values = json.loads(text)
        values["event"] = Event(values["event"])
        for name in ("reasons", "runs"):
            values[name] = tuple(values[name])
        return cls(**values)
