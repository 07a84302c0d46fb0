"""A store in a SQLite file, read beside the process that writes it.

The file is opened read-only and asked in one short transaction: a reader of a database with a write-ahead log neither
waits for the writer nor makes it wait. The query is compiled under an authorizer that lets it read and nothing else,
and is interrupted once its time is over.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from chaos.clock import now_ns
from chaos.systems.store import Aspect, StoreAnswer, StoreSilent

_LONGEST_VALUE_BYTES: Final = 1_000_000
_STEPS_BETWEEN_LOOKS: Final = 1000
_READING: Final = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)


class SqliteStore:
    """A database in one file, and its log beside it.

    Args:
        path: The file.
        questions: What counts the jobs of each aspect but `size`, in SQL. `:wall_ms` stands for Unix milliseconds,
            `:monotonic_ms` for the machine's monotonic clock.
    """

    def __init__(self, path: Path, questions: Mapping[Aspect, str] | None = None) -> None:
        self._path = path
        self._questions = questions or {}

    def ask(self, aspect: Aspect, within_s: float) -> float:
        """How many jobs are in a state, or how many bytes file and log take.

        Raises:
            StoreSilent: It can't be read, or not in time.
        """
        if aspect is Aspect.SIZE:
            return float(self._size_bytes())
        clocks = {"wall_ms": time.time_ns() // 1_000_000, "monotonic_ms": now_ns() // 1_000_000}
        number = self._one_value(self._questions[aspect], clocks, within_s)
        if not isinstance(number, float):
            raise StoreSilent(f"{self._path.name} answers {number!r} where a number of jobs is due")
        return number

    def query(self, sql: str, within_s: float) -> StoreAnswer:
        """What a query of one row with one value answers.

        Raises:
            StoreSilent: It can't be answered, not in time, or not with one value.
        """
        return self._one_value(sql, {}, within_s)

    def _size_bytes(self) -> int:
        try:
            log = self._path.with_name(f"{self._path.name}-wal")
            return self._path.stat().st_size + (log.stat().st_size if log.exists() else 0)
        except OSError as error:
            raise StoreSilent(f"{self._path.name} can't be looked at: {error.strerror}") from error

    def _one_value(self, sql: str, parameters: Mapping[str, int], within_s: float) -> StoreAnswer:
        late = _Deadline(within_s)
        try:
            with self._opened(late, within_s) as connection:
                rows = connection.execute(sql, parameters).fetchmany(2)
        except (sqlite3.Error, sqlite3.Warning) as error:
            why = f"no answer within {within_s:g} s" if late() else _why(error)
            raise StoreSilent(f"{self._path.name}: {why}") from error
        if len(rows) != 1 or len(rows[0]) != 1:
            found = "no row" if not rows else "several rows" if len(rows) > 1 else f"{len(rows[0])} columns"
            raise StoreSilent(
                f"{self._path.name}: the query answers with {found}; one row of one value is due"
            )
        return self._value(rows[0][0])

    def _value(self, value: object) -> StoreAnswer:
        match value:
            case int() | float():
                return float(value)
            case str():
                return value
            case None:
                raise StoreSilent(f"{self._path.name}: the query answers NULL")
        raise StoreSilent(f"{self._path.name}: the query answers with bytes; a number or text is due")

    @contextlib.contextmanager
    def _opened(self, late: Callable[[], bool], within_s: float) -> Iterator[sqlite3.Connection]:
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=within_s / 2)
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE_BYTES)
            connection.set_progress_handler(late, _STEPS_BETWEEN_LOOKS)
            connection.set_authorizer(_may_only_read)
            yield connection
        finally:
            connection.close()


class _Deadline:
    """Whether a time is over."""

    def __init__(self, within_s: float) -> None:
        self._end_ns = now_ns() + int(within_s * 1e9)

    def __call__(self) -> bool:
        return now_ns() >= self._end_ns


def _may_only_read(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _why(error: Exception) -> str:
    if any(denied in str(error) for denied in ("not authorized", "authorization denied", "prohibited")):
        return "the query does more than read"
    return str(error)
