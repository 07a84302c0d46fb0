from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from chaos.systems.sqlite_store import SqliteStore
from chaos.systems.store import Aspect, StoreSilent

FOR_EVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def writer(tmp_path: Path) -> sqlite3.Connection:
    """A process's own connection, with a write-ahead log."""
    connection = sqlite3.connect(tmp_path / "it's a queue?.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE jobs (name TEXT, attempts INTEGER, args BLOB)")
    connection.executemany("INSERT INTO jobs VALUES (?, ?, x'00')", [("a", 1), ("b", 5)])
    return connection


@pytest.fixture
def store(writer: sqlite3.Connection, tmp_path: Path) -> SqliteStore:
    del writer
    return SqliteStore(tmp_path / "it's a queue?.db", {Aspect.PENDING: "SELECT count(*) FROM jobs"})


def why_silent(store: SqliteStore, sql: str, within_s: float = 5.0) -> str:
    with pytest.raises(StoreSilent) as caught:
        store.query(sql, within_s)
    return str(caught.value)


def test_a_query_answers_with_its_one_value(store: SqliteStore) -> None:
    assert store.query("SELECT max(attempts) FROM jobs", 5.0) == 5.0
    assert store.query("SELECT name FROM jobs WHERE attempts = 1", 5.0) == "a"
    assert store.ask(Aspect.PENDING, 5.0) == 2.0


def test_the_size_counts_the_log_that_is_not_yet_in_the_file(store: SqliteStore, tmp_path: Path) -> None:
    files = [tmp_path / "it's a queue?.db", tmp_path / "it's a queue?.db-wal"]
    assert store.ask(Aspect.SIZE, 5.0) == sum(file.stat().st_size for file in files)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO jobs VALUES ('c', 1, NULL)",
        "DELETE FROM jobs",
        "DROP TABLE jobs",
        "CREATE TEMP TABLE mine (a)",
        "PRAGMA user_version",
        "PRAGMA journal_mode = DELETE",
        "ATTACH ':memory:' AS other",
        "BEGIN IMMEDIATE",
        "VACUUM",
        "VACUUM INTO 'a-copy.db'",
    ],
)
def test_what_does_more_than_read_is_refused(
    store: SqliteStore, writer: sqlite3.Connection, sql: str
) -> None:
    assert "the query does more than read" in why_silent(store, sql)
    assert writer.execute("SELECT count(*) FROM jobs").fetchone() == (2,)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT 1; DELETE FROM jobs", "one statement at a time"),
        ("SELECT name FROM jobs", "answers with several rows"),
        ("SELECT name FROM jobs WHERE 0", "answers with no row"),
        ("SELECT name, attempts FROM jobs LIMIT 1", "answers with 2 columns"),
        ("SELECT max(attempts) FROM jobs WHERE 0", "answers NULL"),
        ("SELECT args FROM jobs LIMIT 1", "answers with bytes"),
        ("SELECT state FROM jobs", "no such column"),
        ("SELECT load_extension('x')", "no such function|more than read|not authorized"),
        ("SELECT length(zeroblob(100000000))", "too big"),
    ],
)
def test_what_is_not_one_value_says_what_it_is(store: SqliteStore, sql: str, why: str) -> None:
    assert any(each in why_silent(store, sql) for each in why.split("|"))


def test_a_query_that_takes_too_long_is_interrupted(store: SqliteStore) -> None:
    started = time.monotonic()
    assert "no answer within 0.1 s" in why_silent(store, FOR_EVER, within_s=0.1)
    assert time.monotonic() - started < 2


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert "unable to open" in why_silent(SqliteStore(tmp_path / "nothing.db"), "SELECT 1")
    assert not (tmp_path / "nothing.db").exists()


def test_reading_and_writing_do_not_wait_for_each_other(
    store: SqliteStore, writer: sqlite3.Connection
) -> None:
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO jobs VALUES ('c', 9, NULL)")
    assert store.query("SELECT count(*) FROM jobs", 1.0) == 2.0
    writer.execute("COMMIT")

    reading = threading.Thread(target=lambda: why_silent(store, FOR_EVER, within_s=1.0))
    reading.start()
    writer.execute("PRAGMA busy_timeout = 0")
    while reading.is_alive():
        writer.execute("INSERT INTO jobs VALUES ('d', 1, NULL)")
        time.sleep(0.01)
    assert store.query("SELECT max(attempts) FROM jobs", 1.0) == 9.0
