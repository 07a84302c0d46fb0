"""Asking the store behind a system: what lies in its database, told past the system itself.

A system whose store can be asked has a method `store`, as `KeepsStore` says. A store answers the questions of `Aspect`
and any other read-only query. Asking blocks for a bounded time, and disturbs nobody who writes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable

StoreAnswer = float | str
"""What one cell of a database holds."""


class Aspect(StrEnum):
    """What every store can be asked for."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    STUCK = "stuck"
    SIZE = "size"


class StoreSilent(Exception):
    """A store was asked and gave no answer that can be used; the message says why."""


class Store(Protocol):
    """A system's database, asked from outside. Each question opens it, and closes it again."""

    def ask(self, aspect: Aspect, within_s: float) -> float:
        """How many jobs are in a state, or how many bytes the store takes.

        Args:
            aspect: `stuck` counts jobs that run beyond the timeout that they were given.
            within_s: How long it may take.

        Raises:
            StoreSilent: It can't be read, or not in time.
        """
        ...

    def query(self, sql: str, within_s: float) -> StoreAnswer:
        """What a query of one row with one value answers. It can read, and nothing else.

        Args:
            sql: The query, in the store's own language.
            within_s: How long it may take.

        Raises:
            StoreSilent: It can't be answered, not in time, or not with one value.
        """
        ...


@runtime_checkable
class KeepsStore(Protocol):
    """A system whose store can be asked."""

    def store(self) -> Store:
        """Its store, once the system is prepared."""
        ...
