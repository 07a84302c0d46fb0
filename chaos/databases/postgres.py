"""Speaking to a PostgreSQL server: its URL, one real question, and the making and dropping of a database."""

from __future__ import annotations

import re
import struct
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pg8000.native import Connection

LEAST_VERSION = 13
"""The oldest server that a database in use can be dropped from."""

_SCHEMES = ("postgres", "postgresql")
_PORT = 5432
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class DatabaseError(Exception):
    """A server can't be reached, or does not do what is asked; the message says which and why, and no password."""


@dataclass(frozen=True)
class DatabaseUrl:
    """Where a database is, and as whom it is used. Only `with_password` tells the password.

    Attributes:
        host: The server's name or number.
        port: Where it listens.
        user: Who asks.
        password: How that user proves it; empty: none is asked for.
        database: What is asked.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `postgres://user:password@host:port/database`.

        Raises:
            ValueError: It is no such URL; the message does not repeat it, because it may hold a password.
        """
        try:
            parts = urllib.parse.urlsplit(text)
            port = parts.port or _PORT
        except ValueError:
            raise ValueError(f"it is no URL; {_SPELLED}") from None
        if parts.scheme not in _SCHEMES:
            raise ValueError(f"it does not begin with `postgres://`; {_SPELLED}")
        if parts.query or parts.fragment:
            raise ValueError(f"it has parameters, and none are taken; {_SPELLED}")
        if not parts.hostname or not parts.username:
            raise ValueError(f"it names no {'user' if parts.hostname else 'host'}; {_SPELLED}")
        unquote = urllib.parse.unquote
        user = unquote(parts.username)
        database = unquote(parts.path.removeprefix("/")) or user
        return cls(parts.hostname, port, user, unquote(parts.password or ""), database)

    @property
    def address(self) -> str:
        """`host:port`, with a number of IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def at(self, address: str) -> DatabaseUrl:
        """The same by way of another `host:port`: a proxy's."""
        host, _, port = address.rpartition(":")
        return replace(self, host=host.strip("[]"), port=int(port))

    def with_password(self) -> str:
        """The URL in full, for the environment of a process and nothing else."""
        quote = urllib.parse.quote
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        return (
            f"postgres://{quote(self.user, safe='')}{secret}@{self.address}/{quote(self.database, safe='')}"
        )

    def __str__(self) -> str:
        return f"postgres://{self.user}@{self.address}/{self.database}"


_SPELLED = "write it as `postgres://user:password@host:port/database`"


def answers(url: DatabaseUrl, within_s: float) -> bool:
    """Whether the server answers a query over a new connection within this time; not while it recovers."""
    try:
        with connected(url, within_s) as connection:
            return bool(connection.run("SELECT 1") == [[1]])
    except DatabaseError:
        return False


def version(url: DatabaseUrl, within_s: float) -> int:
    """The server's version, as its first number.

    Raises:
        DatabaseError: It does not answer, or refuses the user.
    """
    with connected(url, within_s) as connection:
        return int(connection.run("SHOW server_version_num")[0][0]) // 10_000


def may_create_databases(url: DatabaseUrl, within_s: float) -> bool:
    """Whether the user has the right to make databases.

    Raises:
        DatabaseError: The server does not answer, or refuses the user.
    """
    with connected(url, within_s) as connection:
        asked = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        return bool(connection.run(asked)[0][0])


def create_database(url: DatabaseUrl, name: str, within_s: float) -> None:
    """Make a database.

    Args:
        url: The server, and a database of it that is there already.
        name: What it is called: small letters, digits and underscores.
        within_s: How long each answer may take.

    Raises:
        DatabaseError: The server does not answer, or refuses.
    """
    with connected(url, within_s) as connection:
        connection.run(f"CREATE DATABASE {_identifier(name)}")


def drop_database(url: DatabaseUrl, name: str, within_s: float) -> None:
    """Drop a database, whoever uses it. Harmless if there is none of this name.

    Args:
        url: The server, and another database of it.
        name: What it is called.
        within_s: How long each answer may take.

    Raises:
        DatabaseError: The server does not answer, or refuses.
    """
    with connected(url, within_s) as connection:
        connection.run(f"DROP DATABASE IF EXISTS {_identifier(name)} WITH (FORCE)")


def read_rows(
    url: DatabaseUrl, query: str, within_s: float, *, at_most: int, parameters: Mapping[str, int]
) -> list[list[Any]]:
    """The first rows that a query answers with. It is a part of another one, in a transaction that can't write.

    Args:
        url: The database.
        query: One `SELECT`, or what may stand in its place.
        within_s: How long it may take; then the server gives it up.
        at_most: How many rows are asked for.
        parameters: What each `:name` in it stands for.

    Raises:
        DatabaseError: The server does not answer in time, or refuses.
    """
    with connected(url, within_s) as connection:
        connection.run("START TRANSACTION READ ONLY")
        connection.run(f"SET LOCAL statement_timeout = {max(1, int(within_s * 1000))}")
        # With a parameter it is prepared, and a server prepares one command alone: none can end the transaction.
        asked = f"SELECT * FROM (\n{query.strip().rstrip(';')}\n) AS asked LIMIT CAST(:at_most AS bigint)"
        return [list(row) for row in connection.run(asked, at_most=at_most, **parameters)]


@contextmanager
def connected(url: DatabaseUrl, within_s: float) -> Iterator[Connection]:
    """A connection, for as long as this block.

    Args:
        url: The database.
        within_s: How long connecting may take, and each answer.

    Raises:
        DatabaseError: Whatever goes wrong with it in this block; names the server and the user, never the password.
    """
    # Here, because most runs need neither.
    from pg8000.exceptions import Error
    from pg8000.native import Connection

    try:
        connection = Connection(
            url.user,
            host=url.host,
            port=url.port,
            database=url.database,
            password=url.password or None,
            timeout=within_s,
            application_name="chaos",
        )
        try:
            yield connection
        finally:
            connection.close()
    except (
        Error,
        OSError,
        struct.error,
        UnicodeDecodeError,
    ) as error:  # the last two: it broke off in an answer
        raise DatabaseError(f"{url} {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The server's own words, where it said some."""
    told = error.args[0] if error.args else None
    if isinstance(told, dict):
        return f"refuses: {told.get('M', told)}"
    return f"can't be asked: {error}"


def _identifier(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no plain name for a database")
    return f'"{name}"'
