"""The store of Reseolio on PostgreSQL, read past its cores."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from chaos.databases.postgres import DatabaseUrl, connected
from chaos.systems.postgres.locate import Server
from chaos.systems.postgres.store import PostgresStore
from chaos.systems.reseolio.system import _IN_POSTGRES
from chaos.systems.store import Aspect, StoreSilent
from tests.systems.postgres.conftest import running

JOBS = """
CREATE TABLE jobs (id text PRIMARY KEY, status text NOT NULL, options text NOT NULL, started_at bigint)
"""


def test_jobs_are_counted_and_nothing_is_written(server: Server, place: Path) -> None:
    now_s = int(time.time())

    async def scenario() -> None:
        async with running(server, place) as (cluster, _):
            with connected(cluster.url, 2.0) as connection:
                connection.run(JOBS)
                connection.run("CREATE SEQUENCE counted")
                for number, (status, started_s) in enumerate(
                    [("PENDING", None), ("SUCCESS", 1), ("RUNNING", now_s + 3600), ("RUNNING", now_s - 9)]
                ):
                    connection.run(
                        "INSERT INTO jobs VALUES (:id, :status, :options, :started)",
                        id=str(number),
                        status=status,
                        options='{"timeout_ms": 5000}',
                        started=started_s,
                    )
            store = PostgresStore(cluster.url, _IN_POSTGRES)
            counted = {aspect: store.ask(aspect, 10.0) for aspect in Aspect if aspect is not Aspect.SIZE}
            assert counted == {"pending": 1, "running": 2, "done": 1, "dead": 0, "stuck": 1}
            assert store.ask(Aspect.SIZE, 2.0) > 1_000_000
            assert store.query("SELECT max(status) FROM jobs;  ", 2.0) == "SUCCESS"
            assert store.query("SELECT avg(started_at) FROM jobs WHERE id = '1' -- a remark", 2.0) == 1.0
            for sql, reason in (
                ("DELETE FROM jobs", "syntax error"),
                ("SELECT 1) AS a; COMMIT; DELETE FROM jobs; SELECT * FROM (SELECT 1", "multiple commands"),
                ("SELECT nextval('counted')", "read-only transaction"),
                ("SELECT id FROM jobs", "several rows"),
                ("SELECT id FROM jobs WHERE id = 'x'", "no row"),
                ("SELECT id, status FROM jobs WHERE id = '1'", "2 columns"),
                ("SELECT started_at FROM jobs WHERE id = '0'", "NULL"),
                ("SELECT CAST(pg_sleep(5) AS text)", "statement timeout|timed out"),
            ):
                with pytest.raises(StoreSilent, match=reason):
                    store.query(sql, 2.0)
            assert store.query("SELECT count(*) FROM jobs", 2.0) == 4

    asyncio.run(scenario())


def test_a_server_that_is_gone_is_told_without_its_password() -> None:
    pytest.importorskip("pg8000")
    store = PostgresStore(DatabaseUrl("127.0.0.1", 1, "me", "secret", "jobs"), _IN_POSTGRES)
    with pytest.raises(StoreSilent, match="postgres://me@127") as silent:
        store.ask(Aspect.STUCK, 0.5)
    assert "secret" not in str(silent.value)
