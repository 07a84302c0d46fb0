"""The jobs for those who only look: reading never waits for the writer, nor the writer for it."""

from __future__ import annotations

import builtins
import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

from chaos.systems.reference.jobs import JobState, SeenJob
from chaos.systems.reference.schedule_table import ScheduleTable
from chaos.systems.reference.store import INDEX_OF_STATE

MOST_LISTED: Final = 1000

_FEW: Final = 20  # fewer than one in so many

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
        self.schedules = ScheduleTable(self._connection)

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
            tallies = self._connection.execute("SELECT name, state, jobs FROM tallies").fetchall()
            total = sum(jobs for name, state, jobs in tallies if _has(query, name, state))
            in_states = sum(jobs for _, state, jobs in tallies if state in query.states)
            everything = sum(jobs for _, _, jobs in tallies)
            if query.offset >= total:
                return Listing([], total)
            if total == everything and query.order == "created_at":
                return Listing(self._page_by_number(query), total)
            return Listing(self._page(query, few=in_states * _FEW < everything), total)
        finally:
            self._connection.execute("ROLLBACK")

    def _page(self, query: Query, *, few: bool) -> builtins.list[SeenJob]:
        """One page. Where few jobs are in the states asked for, they are found by the indexes of these states."""
        conditions: builtins.list[str] = []
        if query.states:
            conditions.append(
                _by_index(query.states) if few else f"state IN ({', '.join(map(str, query.states))})"
            )
        if query.names:
            conditions.append(f"name IN ({', '.join('?' * len(query.names))})")
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        direction = "ASC" if query.ascending else "DESC"
        order = f"ORDER BY {ORDERS[query.order]} {direction}, jobs.seq {direction}"
        rows = self._connection.execute(
            f"{_SELECT} {where} {order} LIMIT ? OFFSET ?", (*query.names, query.limit, query.offset)
        )
        return [SeenJob(*row) for row in rows]

    def _page_by_number(self, query: Query) -> builtins.list[SeenJob]:
        """One page of all jobs in the order of their creation: found by number, instead of by counting up to it."""
        if query.ascending:
            where, border = "jobs.seq > ? ORDER BY jobs.seq", query.offset
        else:
            last = self._connection.execute("SELECT max(seq) FROM jobs").fetchone()[0] or 0
            where, border = "jobs.seq <= ? ORDER BY jobs.seq DESC", last - query.offset
        rows = self._connection.execute(f"{_SELECT} WHERE {where} LIMIT ?", (border, query.limit))
        return [SeenJob(*row) for row in rows]


def _has(query: Query, name: str, state: int) -> bool:
    return (not query.names or name in query.names) and (not query.states or state in query.states)


def _by_index(states: tuple[int, ...]) -> str:
    """The jobs in these states, as a condition for which nothing else is read (of states with an index)."""
    jobs = [f"SELECT seq FROM jobs {_indexed(state)} WHERE state = {state:d}" for state in states]
    return f"jobs.seq IN ({' UNION ALL '.join(jobs)})"


def _indexed(state: int) -> str:
    index = INDEX_OF_STATE.get(JobState(state)) if state in set(JobState) else None
    return "" if index is None else f"INDEXED BY {index}"
