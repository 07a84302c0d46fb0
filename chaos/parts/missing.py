"""What a machine lacks for something that was asked of it, and the search for it that finds nothing."""

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


class PartNotFound(Exception):
    """Something that has to be started is not on this machine, or can't be used.

    Attributes:
        reason: What is wrong, and where was looked.
        mend: The command or step that mends it.
    """

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(f"{reason}; to mend it: {mend}")
        self.reason = reason
        self.mend = mend
