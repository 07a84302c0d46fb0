"""The schedules in SQLite, in transactions that someone else begins and ends, or read by one who only looks."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from chaos.systems.reference.jobs import Backoff, Moment, Options
from chaos.systems.reference.schedules import NewSchedule, Schedule, ScheduleState

SCHEDULES_SCHEMA: Final = f"""
CREATE TABLE schedules (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    cron TEXT NOT NULL,
    timezone TEXT NOT NULL,
    state INTEGER NOT NULL,
    next_run_at INTEGER NOT NULL,              -- this and the next three: Unix ms
    last_run_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    args BLOB NOT NULL,
    max_attempts INTEGER NOT NULL,
    backoff TEXT NOT NULL,
    initial_delay_ms INTEGER NOT NULL,
    max_delay_ms INTEGER NOT NULL,
    timeout_ms INTEGER NOT NULL,
    jitter REAL NOT NULL
);
CREATE UNIQUE INDEX name_of_schedule ON schedules (name) WHERE state != {ScheduleState.DELETED:d};
CREATE INDEX due_schedule ON schedules (next_run_at) WHERE state = {ScheduleState.ACTIVE:d};
"""

_COLUMNS: Final = (
    "name, cron, timezone, state, next_run_at, last_run_at, created_at, updated_at, args, "
    "max_attempts, backoff, initial_delay_ms, max_delay_ms, timeout_ms, jitter"
)
_SELECT: Final = f"SELECT number, {_COLUMNS} FROM schedules "
_INSERT: Final = f"INSERT INTO schedules ({_COLUMNS}) VALUES ({', '.join('?' * 15)})"
_UPDATE: Final = f"UPDATE schedules SET ({_COLUMNS}) = ({', '.join('?' * 15)}) WHERE number = ?"


class ScheduleTable:
    """The schedules of one database, through a connection that the table doesn't own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def insert(self, new: NewSchedule, next_run_at: int, moment: Moment) -> Schedule:
        """Add an active schedule that is due then."""
        schedule = Schedule(
            0,
            new.name,
            new.cron,
            new.timezone,
            ScheduleState.ACTIVE,
            next_run_at,
            0,
            moment.wall_ms,
            moment.wall_ms,
            new.args,
            new.options,
        )
        number = self._connection.execute(_INSERT, _row(schedule)).lastrowid
        assert number is not None
        return schedule._replace(number=number)

    def store(self, schedule: Schedule) -> None:
        """Let a schedule be as it is here from now on."""
        self._connection.execute(_UPDATE, (*_row(schedule), schedule.number))

    def find(self, number: int) -> Schedule | None:
        """The schedule of this number, a deleted one too."""
        return self._first("WHERE number = ?", (number,))

    def named(self, name: str) -> Schedule | None:
        """The schedule of this name that is not deleted."""
        return self._first(f"WHERE name = ? AND state != {ScheduleState.DELETED:d}", (name,))

    def due(self, wall_ms: int, limit: int) -> list[Schedule]:
        """Up to `limit` active schedules that are due by now, longest ago first."""
        where = f"WHERE state = {ScheduleState.ACTIVE:d} AND next_run_at <= ? ORDER BY next_run_at LIMIT ?"
        return self._all(where, (wall_ms, limit))

    def next_due_ms(self) -> int | None:
        """When the next active schedule is due (Unix ms)."""
        query = f"SELECT min(next_run_at) FROM schedules WHERE state = {ScheduleState.ACTIVE:d}"
        due_ms: int | None = self._connection.execute(query).fetchone()[0]
        return due_ms

    def page(self, states: Sequence[ScheduleState], limit: int, offset: int) -> tuple[list[Schedule], int]:
        """A page of the schedules in these states, and how many there are on all pages."""
        where = f"WHERE state IN ({', '.join(f'{state:d}' for state in states)})"
        total = self._connection.execute(f"SELECT count(*) FROM schedules {where}").fetchone()[0]
        return self._all(f"{where} ORDER BY number LIMIT ? OFFSET ?", (limit, offset)), total

    def _first(self, where: str, values: tuple[Any, ...]) -> Schedule | None:
        row = self._connection.execute(_SELECT + where, values).fetchone()
        return None if row is None else _schedule(row)

    def _all(self, where: str, values: tuple[Any, ...]) -> list[Schedule]:
        return [_schedule(row) for row in self._connection.execute(_SELECT + where, values)]


def _row(schedule: Schedule) -> tuple[Any, ...]:
    options = schedule.options
    return (
        *schedule[1:10],
        options.max_attempts,
        options.backoff,
        options.initial_delay_ms,
        options.max_delay_ms,
        options.timeout_ms,
        options.jitter,
    )


def _schedule(row: tuple[Any, ...]) -> Schedule:
    options = Options(row[10], Backoff(row[11]), *row[12:])
    return Schedule._make((*row[:10], options))
