"""The record of every due time and what became of it: the truth about what was run, in one SQLite file.

A due time is one row, unique by schedule and time. It is written in the same transaction that moves the mark up to
which the schedule's times are accounted for, so after a crash at any moment none is lost and none is there twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chaos.notices.notice import Notice
from chaos.processes.identity import ProcessIdentity
from chaos.schedules.occurrences import ENDED, GOING, NEXT, Cause, Occurrence, Outcome

_BUSY_S: Final = 15.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS occurrences (
    schedule TEXT NOT NULL,
    due TEXT NOT NULL,
    cause TEXT NOT NULL,
    outcome TEXT NOT NULL,
    why TEXT NOT NULL DEFAULT '',
    began TEXT,
    ended TEXT,
    process TEXT,
    runs TEXT NOT NULL DEFAULT '[]',
    told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (schedule, due)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS occurrences_by_outcome ON occurrences (outcome, due);
CREATE TABLE IF NOT EXISTS schedules (
    name TEXT PRIMARY KEY,
    accounted_until TEXT NOT NULL,
    paused_since TEXT,
    pause_reason TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notices (
    number INTEGER PRIMARY KEY,
    schedule TEXT NOT NULL,
    due TEXT NOT NULL,
    notifier INTEGER NOT NULL,
    notice TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    told_at TEXT,
    problem TEXT,
    UNIQUE (schedule, due, notifier, notice)
);
CREATE TABLE IF NOT EXISTS served (
    only INTEGER PRIMARY KEY CHECK (only = 0),
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL
);
"""
_COLUMNS: Final = "schedule, due, cause, outcome, why, began, ended, process, runs"


class NotThatOutcome(Exception):
    """An occurrence is not what it was taken for: somebody else has changed it."""


@dataclass(frozen=True)
class Pause:
    """Since when a schedule is paused, and why."""

    since: datetime
    reason: str


@dataclass(frozen=True)
class Served:
    """The file that the last service on this journal serves, or served.

    Attributes:
        file: Where it is.
        sha256: Of its text when the service began.
    """

    file: Path
    sha256: str


@dataclass(frozen=True)
class KeptNotice:
    """A notice, and what became of it.

    Attributes:
        number: Which one.
        notifier: Which entry of `notify` it is for, from 0.
        notice: What is told.
        attempts: How often it was tried.
        told_at: When that was over; None: it is still to be told.
        problem: Why it did not get there.
    """

    number: int
    notifier: int
    notice: Notice
    attempts: int
    told_at: datetime | None
    problem: str | None


class Journal:
    """The journal in one file; several processes may use it at once.

    Args:
        file: The file; it is made with what it is in.

    Raises:
        OSError: It can't be made.
        sqlite3.DatabaseError: It is something else.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @property
    def version(self) -> int:
        """A number that changes when another process has written."""
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in this block is written, or nothing is; nobody else writes meanwhile."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @property
    def served(self) -> Served | None:
        """Whose due times these are; None: no service has begun yet."""
        row = self._database.execute("SELECT file, sha256 FROM served").fetchone()
        return None if row is None else Served(Path(row[0]), row[1])

    def serve(self, served: Served) -> None:
        """From now on these are the due times of this file."""
        self._database.execute(
            "INSERT OR REPLACE INTO served (only, file, sha256) VALUES (0, ?, ?)",
            (str(served.file), served.sha256),
        )

    def accounted_until(self, schedule: str, now: datetime) -> datetime:
        """Up to when the schedule's due times are in the journal; for one that is new from now on."""
        self._database.execute(
            "INSERT OR IGNORE INTO schedules (name, accounted_until) VALUES (?, ?)", (schedule, _text(now))
        )
        found = self._database.execute("SELECT accounted_until FROM schedules WHERE name = ?", (schedule,))
        return datetime.fromisoformat(found.fetchone()[0])

    def account(self, schedule: str, until: datetime, occurrences: Iterable[Occurrence]) -> None:
        """Write due times down, and up to when that is all of them. To be called within a transaction.

        A scheduled time at which the schedule was triggered, too, is that one.
        """
        self._database.executemany(
            "INSERT OR IGNORE INTO occurrences (schedule, due, cause, outcome, why) VALUES (?, ?, ?, ?, ?)",
            ((each.schedule, _text(each.due), each.cause, each.outcome, each.why) for each in occurrences),
        )
        self._database.execute(
            "UPDATE schedules SET accounted_until = ? WHERE name = ?", (_text(until), schedule)
        )

    def trigger(self, schedule: str, now: datetime) -> Occurrence:
        """Write down that a schedule is due now, because somebody says so."""
        occurrence = Occurrence(schedule, now, Cause.TRIGGERED, Outcome.WAITING)
        self._database.execute(
            "INSERT OR IGNORE INTO occurrences (schedule, due, cause, outcome) VALUES (?, ?, ?, ?)",
            (schedule, _text(now), occurrence.cause, occurrence.outcome),
        )
        return occurrence

    def move(self, occurrence: Occurrence, to: Outcome, why: str = "", at: datetime | None = None) -> None:
        """Write down what became of an occurrence.

        Args:
            occurrence: As it was read.
            to: What it is now.
            why: The reason.
            at: When; it is kept as the beginning or the end of its process.

        Raises:
            NotThatOutcome: It is not what it was read as, or can't become this.
        """
        if to not in NEXT.get(occurrence.outcome, ()):
            raise NotThatOutcome(f"{occurrence} can't become {to}")
        moment = "began" if to is Outcome.RUNNING else "ended"
        changed = self._database.execute(
            f"UPDATE occurrences SET outcome = ?, why = ?, {moment} = ? WHERE schedule = ? AND due = ? AND outcome = ?",
            (to, why, at and _text(at), occurrence.schedule, _text(occurrence.due), occurrence.outcome),
        )
        if changed.rowcount != 1:
            raise NotThatOutcome(f"{occurrence} is so no more, and did not become {to}")

    def started(self, occurrence: Occurrence, process: ProcessIdentity) -> None:
        """Write down which process an occurrence runs in."""
        self._set(occurrence, "process", json.dumps(asdict(process)))

    def produced(self, occurrence: Occurrence, runs: Sequence[str]) -> None:
        """Write down which runs an occurrence made."""
        self._set(occurrence, "runs", json.dumps(list(runs)))

    def occurrences(
        self,
        *outcomes: Outcome,
        schedule: str | None = None,
        before: datetime | None = None,
        last: int | None = None,
    ) -> list[Occurrence]:
        """What the journal has, the newest due time first.

        Args:
            outcomes: Only these; without any all.
            schedule: Only of this schedule.
            before: Only those that were due before this moment.
            last: At most so many.
        """
        conditions, values = [], list[Any]()
        if outcomes:
            conditions.append(f"outcome IN ({', '.join('?' * len(outcomes))})")
            values += outcomes
        if schedule is not None:
            conditions.append("schedule = ?")
            values.append(schedule)
        if before is not None:
            conditions.append("due < ?")
            values.append(_text(before))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM occurrences {where} ORDER BY due DESC LIMIT ?",
            (*values, -1 if last is None else last),
        )
        return [_occurrence(row) for row in rows]

    def forget_before(self, moment: datetime) -> None:
        """Forget due times before a moment, but those that are not over."""
        self._database.execute(
            "DELETE FROM occurrences WHERE due < ? AND outcome NOT IN (?, ?)", (_text(moment), *GOING)
        )
        self._database.execute("DELETE FROM notices WHERE due < ? AND told_at IS NOT NULL", (_text(moment),))

    def pause(self, schedule: str, now: datetime, reason: str) -> None:
        """From now on the schedule is paused. One that is paused already stays so, for its first reason."""
        self._database.execute(
            "UPDATE schedules SET paused_since = ?, pause_reason = ? WHERE name = ? AND paused_since IS NULL",
            (_text(now), reason, schedule),
        )

    def resume(self, schedule: str) -> None:
        """The schedule is paused no more."""
        self._database.execute(
            "UPDATE schedules SET paused_since = NULL, pause_reason = '' WHERE name = ?", (schedule,)
        )

    def pauses(self) -> Mapping[str, Pause]:
        """The schedules that are paused."""
        rows = self._database.execute(
            "SELECT name, paused_since, pause_reason FROM schedules WHERE paused_since IS NOT NULL"
        )
        return {name: Pause(datetime.fromisoformat(since), reason) for name, since, reason in rows}

    def to_be_told(self) -> list[Occurrence]:
        """Occurrences that are over and were not looked at yet by whoever tells people, the oldest first."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM occurrences WHERE told = 0 AND outcome IN ({', '.join('?' * len(ENDED))}) "
            "ORDER BY due",
            ENDED,
        )
        return [_occurrence(row) for row in rows]

    def to_tell(self, occurrence: Occurrence, notices: Iterable[tuple[int, Notice]]) -> None:
        """Write down, in one step, that an occurrence was looked at, and what is to be told of it, by notifier."""
        with self.transaction():
            self._database.executemany(
                "INSERT OR IGNORE INTO notices (schedule, due, notifier, notice) VALUES (?, ?, ?, ?)",
                (
                    (occurrence.schedule, _text(occurrence.due), number, notice.to_json())
                    for number, notice in notices
                ),
            )
            self._set(occurrence, "told", 1)

    def notices(self, *, pending: bool) -> list[KeptNotice]:
        """The notices that are still to be told, or those that were tried, in the order in which they came."""
        rows = self._database.execute(
            "SELECT number, notifier, notice, attempts, told_at, problem FROM notices "
            f"WHERE told_at IS {'' if pending else 'NOT '}NULL ORDER BY number"
        )
        return [
            KeptNotice(number, notifier, Notice.from_json(text), attempts, _moment(told_at), problem)
            for number, notifier, text, attempts, told_at, problem in rows
        ]

    def told(self, number: int, now: datetime, attempts: int, problem: str | None) -> None:
        """Write down what became of a notice; `problem` is None if it got there."""
        self._database.execute(
            "UPDATE notices SET attempts = ?, told_at = ?, problem = ? WHERE number = ?",
            (attempts, _text(now), problem, number),
        )

    def _set(self, occurrence: Occurrence, column: str, value: str | int) -> None:
        self._database.execute(
            f"UPDATE occurrences SET {column} = ? WHERE schedule = ? AND due = ?",
            (value, occurrence.schedule, _text(occurrence.due)),
        )


def _occurrence(row: Sequence[Any]) -> Occurrence:
    schedule, due, cause, outcome, why, began, ended, process, runs = row
    return Occurrence(
        schedule,
        datetime.fromisoformat(due),
        Cause(cause),
        Outcome(outcome),
        why,
        _moment(began),
        _moment(ended),
        None if process is None else ProcessIdentity(**json.loads(process)),
        tuple(json.loads(runs)),
    )


def _text(moment: datetime) -> str:
    """A moment in UTC as text, so that the order of texts is that of moments."""
    return moment.isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
