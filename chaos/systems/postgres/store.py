"""A store in a PostgreSQL database, read beside the cores that write it.

Every question is one query within a transaction that can't write, and is given up by the server once its time is over.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal

from chaos.databases.postgres import DatabaseError, DatabaseUrl, read_rows
from chaos.systems.store import Aspect, StoreAnswer, StoreSilent

_SIZE = "SELECT pg_database_size(current_database())"


class PostgresStore:
    """A database on a server.

    Args:
        url: Where it is.
        questions: What counts the jobs of each aspect but `size`, in SQL. `:wall_ms` stands for Unix milliseconds.
    """

    def __init__(self, url: DatabaseUrl, questions: Mapping[Aspect, str]) -> None:
        self._url = url
        self._questions = questions

    def ask(self, aspect: Aspect, within_s: float) -> float:
        """How many jobs are in a state, or how many bytes the database takes.

        Raises:
            StoreSilent: It can't be read, or not in time.
        """
        sql = _SIZE if aspect is Aspect.SIZE else self._questions[aspect]
        number = self._one_value(sql, within_s, wall_ms=time.time_ns() // 1_000_000)
        if not isinstance(number, float):
            raise StoreSilent(f"{self._url} answers {number!r} where a number is due")
        return number

    def query(self, sql: str, within_s: float) -> StoreAnswer:
        """What a query of one row with one value answers.

        Raises:
            StoreSilent: It can't be answered, not in time, or not with one value.
        """
        return self._one_value(sql, within_s)

    def _one_value(self, sql: str, within_s: float, **parameters: int) -> StoreAnswer:
        try:
            rows = read_rows(self._url, sql, within_s, at_most=2, parameters=parameters)
        except DatabaseError as error:
            raise StoreSilent(str(error)) from error
        if len(rows) != 1 or len(rows[0]) != 1:
            found = "no row" if not rows else "several rows" if len(rows) > 1 else f"{len(rows[0])} columns"
            raise StoreSilent(f"{self._url}: the query answers with {found}; one row of one value is due")
        match rows[0][0]:
            case int() | float() | Decimal() as number:
                return float(number)
            case str() as text:
                return text
            case None:
                raise StoreSilent(f"{self._url}: the query answers NULL")
            case other:
                raise StoreSilent(
                    f"{self._url}: the query answers with {type(other).__name__}; a number or text is due"
                )
