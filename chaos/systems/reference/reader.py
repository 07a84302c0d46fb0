"""The jobs for those who only look: reading never waits for the writer, nor the writer for it."""

from __future__ import annotations

import builtins
import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

from chaos.systems.reference.jobs import SeenJob

MOST_LISTED: Final = 1000

ORDERS: Final = {
    "created_at": "jobs.seq",
    "scheduled_at": "scheduled_at",
    "started_at": "started_at",
    "completed_at": "completed_at",
    "name": "name",
}
"""What a list can be ordered by. Jobs are numbered in the order in which they were created."""

_SELECT: Final = """
SELECT jobs.seq, name, args, attempt, state, error, result,
       created_at, scheduled_at, started_at, completed_at, max_attempts, timeout_ms
FROM jobs JOIN payloads ON payloads.seq = jobs.seq
"""


class Listing(NamedTuple):
    """A page of jobs, and how many jobs there are on all pages."""

    jobs: list[SeenJob]
    total: int


class Query(NamedTuple):
    """Which jobs to list: of these states and names (none given: all), in which order, and which page of them."""

    states: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    limit: int = 100
    offset: int = 0
    order: str = "created_at"
    ascending: bool = False


class Reader:
    """A connection that sees what has been committed. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        self._connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=1.0
        )
        self._connection.execute("PRAGMA temp_store = MEMORY")

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def find(self, seq: int) -> SeenJob | None:
        """The job of this number."""
        row = self._connection.execute(_SELECT + "WHERE jobs.seq = ?", (seq,)).fetchone()
        return None if row is None else SeenJob(*row)

    def list(self, query: Query) -> Listing:
        """A page of jobs, and how many match, as of one moment."""
        self._connection.execute("BEGIN")
        try:
            total, out_of = self._count(query)
            return Listing(self._page(query, everything=total == out_of), total)
        finally:
            self._connection.execute("ROLLBACK")

    def _count(self, query: Query) -> tuple[int, int]:
        total = out_of = 0
        for name, state, jobs in self._connection.execute("SELECT name, state, jobs FROM tallies"):
            out_of += jobs
            if (not query.names or name in query.names) and (not query.states or state in query.states):
                total += jobs
        return total, out_of

    def _page(self, query: Query, *, everything: bool) -> builtins.list[SeenJob]:
        """One page. Where every job matches, a page in order of creation is found by number instead of by counting."""
        if everything and query.order == "created_at":
            return self._page_by_number(query)
        conditions: builtins.list[str] = []
        values: builtins.list[str] = []
        if query.states:
            # Numbers in the text, not parameters: only so can the planner see which partial index fits.
            states = [f"state = {state:d}" for state in query.states]
            conditions.append(f"({' OR '.join(states)})")
        if query.names:
            conditions.append(f"name IN ({', '.join('?' * len(query.names))})")
            values += query.names
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        direction = "ASC" if query.ascending else "DESC"
        order = f"ORDER BY {ORDERS[query.order]} {direction}, jobs.seq {direction}"
        rows = self._connection.execute(
            f"{_SELECT} {where} {order} LIMIT ? OFFSET ?", (*values, query.limit, query.offset)
        )
        return [SeenJob(*row) for row in rows]

    def _page_by_number(self, query: Query) -> builtins.list[SeenJob]:
        if query.ascending:
            where, border = "jobs.seq > ? ORDER BY jobs.seq", query.offset
        else:
            last = self._connection.execute("SELECT max(seq) FROM jobs").fetchone()[0] or 0
            where, border = "jobs.seq <= ? ORDER BY jobs.seq DESC", last - query.offset
        rows = self._connection.execute(f"{_SELECT} WHERE {where} LIMIT ?", (border, query.limit))
        return [SeenJob(*row) for row in rows]
