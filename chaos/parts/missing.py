"""What a machine lacks for something that was asked of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Missing:
    """Something this machine lacks: what, what for, and the command or step that mends it."""

    what: str
    needed_for: str
    mend: str

    def __str__(self) -> str:
        return f"{self.needed_for} can't be used: {self.what}; next: {self.mend}"
