"""The jobs in SQLite: what is written, in transactions that someone else begins and ends.

Every method but `open` and `close` runs between `begin` and `commit` (or `rollback`). Nothing about jobs is kept in
memory here, so a transaction that is rolled back leaves no trace. A commit returns when its data is on the disk
(write-ahead log, `synchronous=FULL`).

Indexes cover the jobs that still matter; a finished job costs its row and, if it has one, its key. How many jobs there
are of each name and state is kept in a table of its own, so that counting never means reading a million jobs.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple, Self

from chaos.clock import clock_name
from chaos.systems.reference.jobs import (
    Backoff,
    DueJob,
    Enqueued,
    JobState,
    LiveJob,
    Moment,
    NewJob,
    Options,
)
from chaos.systems.reference.schedule_table import SCHEDULES_SCHEMA, ScheduleTable

LEASE_GRACE_MS: Final = 500
"""How long a lease outlives the job's timeout: the worker counts from receipt, the lease from before the commit."""

INDEX_OF_STATE: Final = {
    JobState.PENDING: "pending_job",
    JobState.RUNNING: "running_job",
    JobState.DEAD: "dead_job",
    JobState.CANCELLED: "cancelled_job",
}
"""Indexes that hold the jobs of one state alone. Successes have none: they are most of the jobs."""

_SCHEMA_VERSION: Final = 2

_SCHEMA: Final = f"""
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    key TEXT,
    state INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    attempts_before INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    due_ms INTEGER NOT NULL,                   -- monotonic: when a pending job may run
    lease_until_ms INTEGER NOT NULL DEFAULT 0, -- monotonic: when a running job is given up
    created_at INTEGER NOT NULL,               -- this and the next three: Unix ms, for people
    scheduled_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL DEFAULT 0,
    completed_at INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    backoff TEXT NOT NULL,
    initial_delay_ms INTEGER NOT NULL,
    max_delay_ms INTEGER NOT NULL,
    timeout_ms INTEGER NOT NULL,
    jitter REAL NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    result BLOB NOT NULL DEFAULT x''
);
CREATE UNIQUE INDEX key_of_job ON jobs (name, key) WHERE key IS NOT NULL;
CREATE INDEX {INDEX_OF_STATE[JobState.PENDING]} ON jobs (name, due_ms) WHERE state = {JobState.PENDING:d};
CREATE INDEX {INDEX_OF_STATE[JobState.RUNNING]} ON jobs (lease_until_ms) WHERE state = {JobState.RUNNING:d};
CREATE INDEX {INDEX_OF_STATE[JobState.DEAD]} ON jobs (seq) WHERE state = {JobState.DEAD:d};
CREATE INDEX {INDEX_OF_STATE[JobState.CANCELLED]} ON jobs (seq) WHERE state = {JobState.CANCELLED:d};
CREATE TABLE payloads (seq INTEGER PRIMARY KEY, args BLOB NOT NULL);
CREATE TABLE failures (                        -- failure acks that were accepted, to answer them again alike
    seq INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    worker TEXT,
    state INTEGER NOT NULL,
    next_run_at INTEGER NOT NULL,
    PRIMARY KEY (seq, attempt)
) WITHOUT ROWID;
CREATE TABLE tallies (
    name TEXT NOT NULL, state INTEGER NOT NULL, jobs INTEGER NOT NULL, PRIMARY KEY (name, state)
) WITHOUT ROWID;
{SCHEDULES_SCHEMA}"""

_INSERT_JOB: Final = f"""
INSERT INTO jobs (name, key, state, due_ms, created_at, scheduled_at,
                  max_attempts, backoff, initial_delay_ms, max_delay_ms, timeout_ms, jitter)
VALUES (?, ?, {JobState.PENDING:d}, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name, key) WHERE key IS NOT NULL DO NOTHING
"""

_SELECT_LIVE: Final = """
SELECT seq, name, state, attempt, attempts_before, worker,
       max_attempts, backoff, initial_delay_ms, max_delay_ms, timeout_ms, jitter FROM jobs
"""

_SELECT_DUE: Final = f"""
SELECT jobs.due_ms, jobs.seq, name, args, attempt + 1, max_attempts, timeout_ms, created_at, scheduled_at
FROM jobs JOIN payloads ON payloads.seq = jobs.seq
WHERE state = {JobState.PENDING:d} AND name = ? ORDER BY due_ms, jobs.seq LIMIT ?
"""

_LEASE: Final = f"""
UPDATE jobs SET state = {JobState.RUNNING:d}, attempt = ?, worker = ?, started_at = ?, lease_until_ms = ?
WHERE seq = ?
"""

_FINISH: Final = (
    "UPDATE jobs SET state = ?, completed_at = ?, error = ?, result = ?, worker = ? WHERE seq = ?"
)

_PUT_BACK: Final = f"""
UPDATE jobs SET state = {JobState.PENDING:d}, attempt = ?, attempts_before = ?, worker = ?, due_ms = ?,
                scheduled_at = ?, completed_at = 0, error = ?, result = x'' WHERE seq = ?
"""

_ADD_TALLY: Final = """
INSERT INTO tallies (name, state, jobs) VALUES (?, ?, ?)
ON CONFLICT (name, state) DO UPDATE SET jobs = jobs + excluded.jobs
"""


class Lease(NamedTuple):
    """A due job and the worker it is leased to."""

    job: DueJob
    worker: str


class DueJobs(NamedTuple):
    """Jobs that may run now, oldest first, and when the next one behind them may (None: there is none)."""

    jobs: list[DueJob]
    next_due_ms: int | None


class PastFailure(NamedTuple):
    """How the failure ack of an attempt was answered."""

    worker: str | None
    state: int
    next_run_at: int


class StoreUnusable(Exception):
    """The database can't be opened; the message names it, says why, and what to do."""


class Store:
    """The database, for the one who writes."""

    def __init__(self, connection: sqlite3.Connection, token: str) -> None:
        self._connection = connection
        self._tallies: Counter[tuple[str, int]] = Counter()
        self._changes_before = connection.total_changes
        self.token = token
        self.schedules = ScheduleTable(connection)

    @classmethod
    def open(cls, path: Path, moment: Moment) -> Self:
        """Open the database, or make it.

        After a restart of the machine, whose monotonic clock then began anew, running jobs get their whole timeout
        again and pending ones keep what is left of their wait by wall time.

        Raises:
            StoreUnusable: It can't be read or written, or is of another version.
        """
        try:
            connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cache_size = -32768")
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                _create(connection)
            elif version != _SCHEMA_VERSION:
                raise StoreUnusable(
                    f"{path} has schema version {version}, and this queue knows {_SCHEMA_VERSION} only: "
                    "give it another directory"
                )
            facts = dict(connection.execute("SELECT name, value FROM facts"))
            if facts["clock"] != clock_name():
                _rebase(connection, moment)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreUnusable(f"{path} can't be used as the queue's database: {error}") from error
        return cls(connection, facts["token"])

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def begin(self) -> None:
        """Begin a transaction."""
        self._connection.execute("BEGIN IMMEDIATE")

    def settle(self) -> bool:
        """Write what is left to write before `commit`, and say whether there is anything to commit at all."""
        if self._tallies:
            rows = [(name, state, change) for (name, state), change in self._tallies.items() if change]
            self._connection.executemany(_ADD_TALLY, rows)
            self._tallies.clear()
        changes = self._connection.total_changes
        changed, self._changes_before = changes != self._changes_before, changes
        return changed

    def commit(self) -> None:
        """End the transaction; what it wrote is on the disk when this returns. May run in another thread."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if one is open."""
        self._tallies.clear()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def insert(self, job: NewJob, moment: Moment) -> Enqueued:
        """Add a pending job that is due now, or find the one that has its key."""
        options = job.options
        cursor = self._connection.execute(
            _INSERT_JOB,
            (
                job.name,
                job.key,
                moment.now_ms,
                moment.wall_ms,
                moment.wall_ms,
                options.max_attempts,
                options.backoff,
                options.initial_delay_ms,
                options.max_delay_ms,
                options.timeout_ms,
                options.jitter,
            ),
        )
        if cursor.rowcount == 0:
            row = self._connection.execute(
                "SELECT seq FROM jobs WHERE name = ? AND key = ?", (job.name, job.key)
            )
            return Enqueued(row.fetchone()[0], deduplicated=True)
        seq = cursor.lastrowid
        assert seq is not None
        self._connection.execute("INSERT INTO payloads (seq, args) VALUES (?, ?)", (seq, job.args))
        self._tallies[job.name, JobState.PENDING] += 1
        return Enqueued(seq, deduplicated=False)

    def find(self, seq: int) -> LiveJob | None:
        """The job of this number."""
        row = self._connection.execute(_SELECT_LIVE + "WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else _live_job(row)

    def due(self, name: str, limit: int, moment: Moment) -> DueJobs:
        """Up to `limit` jobs of this name that may run now."""
        rows = self._connection.execute(_SELECT_DUE, (name, limit + 1)).fetchall()
        jobs = [DueJob(*row[1:]) for row in rows[:limit] if row[0] <= moment.now_ms]
        return DueJobs(jobs, rows[len(jobs)][0] if len(jobs) < len(rows) else None)

    def lease(self, leases: Iterable[Lease], moment: Moment) -> None:
        """Make due jobs run: each is its worker's until its timeout has passed."""
        rows = []
        for job, worker in leases:
            lease_until_ms = moment.now_ms + job.timeout_ms + LEASE_GRACE_MS
            rows.append((job.attempt, worker, moment.wall_ms, lease_until_ms, job.seq))
            self._count(job.name, JobState.PENDING, JobState.RUNNING)
        self._connection.executemany(_LEASE, rows)

    def extend_lease(self, seq: int, lease_until_ms: int) -> None:
        """Give up on a running job at another time (monotonic)."""
        self._connection.execute("UPDATE jobs SET lease_until_ms = ? WHERE seq = ?", (lease_until_ms, seq))

    def finish(
        self,
        job: LiveJob,
        state: JobState,
        moment: Moment,
        *,
        error: str = "",
        result: bytes = b"",
        worker: str | None = None,
    ) -> None:
        """Put a job into a terminal state. `worker` stays on record where its ack did it."""
        self._connection.execute(_FINISH, (state, moment.wall_ms, error, result, worker, job.seq))
        self._count(job.name, job.state, state)

    def put_back(
        self,
        job: LiveJob,
        moment: Moment,
        *,
        attempt: int,
        attempts_before: int,
        delay_ms: int = 0,
        error: str = "",
    ) -> int:
        """Make a job pending again, due `delay_ms` from now; returns that time as Unix ms."""
        scheduled_at = moment.wall_ms + delay_ms
        due_ms = moment.now_ms + delay_ms
        row = (attempt, attempts_before, None, due_ms, scheduled_at, error, job.seq)
        self._connection.execute(_PUT_BACK, row)
        self._count(job.name, job.state, JobState.PENDING)
        return scheduled_at

    def record_failure(self, job: LiveJob, answered: PastFailure) -> None:
        """Remember how the failure ack of a job's current attempt is answered."""
        row = (job.seq, job.attempt, answered.worker, answered.state, answered.next_run_at)
        self._connection.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)", row)

    def past_failure(self, seq: int, attempt: int) -> PastFailure | None:
        """How the failure ack of this attempt was answered, if it was."""
        query = "SELECT worker, state, next_run_at FROM failures WHERE seq = ? AND attempt = ?"
        row = self._connection.execute(query, (seq, attempt)).fetchone()
        return None if row is None else PastFailure(*row)

    def expired(self, limit: int, moment: Moment) -> list[LiveJob]:
        """Up to `limit` running jobs whose lease has run out, longest ago first."""
        where = f"WHERE state = {JobState.RUNNING:d} AND lease_until_ms <= ? ORDER BY lease_until_ms LIMIT ?"
        return [
            _live_job(row) for row in self._connection.execute(_SELECT_LIVE + where, (moment.now_ms, limit))
        ]

    def next_expiry_ms(self) -> int | None:
        """When the next lease runs out (monotonic)."""
        query = f"SELECT min(lease_until_ms) FROM jobs WHERE state = {JobState.RUNNING:d}"
        expiry: int | None = self._connection.execute(query).fetchone()[0]
        return expiry

    def next_due_by_name(self) -> dict[str, int]:
        """When the first pending job of each name is due (monotonic)."""
        names = self._connection.execute(
            f"SELECT name FROM tallies WHERE state = {JobState.PENDING:d} AND jobs > 0"
        )
        query = f"SELECT min(due_ms) FROM jobs WHERE state = {JobState.PENDING:d} AND name = ?"
        return {name: self._connection.execute(query, (name,)).fetchone()[0] for (name,) in names.fetchall()}

    def leases_by_worker(self) -> Counter[str]:
        """How many running jobs each worker has."""
        query = f"SELECT worker, count(*) FROM jobs WHERE state = {JobState.RUNNING:d} GROUP BY worker"
        return Counter(dict(self._connection.execute(query).fetchall()))

    def _count(self, name: str, before: int, after: int) -> None:
        self._tallies[name, before] -= 1
        self._tallies[name, after] += 1


def _live_job(row: tuple[int, str, int, int, int, str | None, int, str, int, int, int, float]) -> LiveJob:
    return LiveJob(*row[:6], Options(row[6], Backoff(row[7]), *row[8:]))


def _create(connection: sqlite3.Connection) -> None:
    """A new database. Its token is part of every job's id, so that an id never means a job of another database."""
    for statement in _SCHEMA.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    facts = [("token", secrets.token_hex(4)), ("clock", clock_name())]
    connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)
    connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")


def _rebase(connection: sqlite3.Connection, moment: Moment) -> None:
    connection.execute(
        f"UPDATE jobs SET lease_until_ms = ? + timeout_ms + {LEASE_GRACE_MS} WHERE state = {JobState.RUNNING:d}",
        (moment.now_ms,),
    )
    connection.execute(
        f"UPDATE jobs SET due_ms = ? + max(0, scheduled_at - ?) WHERE state = {JobState.PENDING:d}", moment
    )
    connection.execute("UPDATE facts SET value = ? WHERE name = 'clock'", (clock_name(),))
