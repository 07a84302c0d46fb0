"""What a deed is: one step that undoes a change, which another process can take after the one that made it has died.

A deed is written to the undo log before the change is made, so it may be carried out when the change was never made,
when it is half undone, and more than once: then it does no harm.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


class NotUndone(Exception):
    """A change could not be undone; the message says what is left and the command that mends it."""


@dataclass(frozen=True)
class Deed(ABC):
    """One step that undoes a change. A subclass is a frozen dataclass of plain values, in a file of its own.

    Attributes:
        kind: The name under which `chaos.guardian.registry` finds its class.
    """

    kind: ClassVar[str]

    @abstractmethod
    def carry_out(self) -> None:
        """Undo the change, if there is anything to undo. Takes 2 s at most.

        Raises:
            NotUndone: Something is left.
        """

    @abstractmethod
    def __str__(self) -> str:
        """What it does, for people: `let core (process 4711) go on`."""

    def to_dict(self) -> dict[str, Any]:
        """The deed as plain values."""
        return {"kind": self.kind, **asdict(self)}
