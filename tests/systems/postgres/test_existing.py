"""A server that was there before: one database of the run's own is made in it, and dropped by whoever is left."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.databases.postgres import DatabaseUrl, connected
from chaos.experiment.environment import EnvironmentText
from chaos.guardian.deed import NotUndone
from chaos.guardian.deeds.drop_database import DropDatabase
from chaos.guardian.registry import deed_from
from chaos.processes.errors import ProcessError, ProcessGoneError
from chaos.runner.existing import ExistingComponent
from chaos.systems import postgres
from chaos.systems.postgres.existing import ExistingServer
from chaos.systems.postgres.locate import Server
from tests.systems.postgres.conftest import running

URL = EnvironmentText("${env:A_SERVER}")


def databases(url: DatabaseUrl) -> set[str]:
    with connected(url, 2.0) as connection:
        return {row[0] for row in connection.run("SELECT datname FROM pg_database WHERE NOT datistemplate")}


def test_a_database_is_made_and_dropped_though_somebody_uses_it(
    server: Server, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with running(server, place) as (cluster, there):
            monkeypatch.setenv("A_SERVER", cluster.url.with_password())
            existing = ExistingServer(URL)
            component = ExistingComponent(existing.component())
            await component.start()
            assert databases(cluster.url) == {"postgres", existing.url.database}
            (deed,) = component.spec.undo
            kept = json.dumps(deed.to_dict())
            assert cluster.url.password not in f"{kept} {deed}"
            with connected(existing.url, 2.0):
                for _ in range(2):
                    await asyncio.to_thread(deed_from(json.loads(kept)).carry_out)
            assert databases(cluster.url) == {"postgres"}
            with pytest.raises(ProcessGoneError, match="was there before the run"):
                await component.kill(9)
            await component.stop()
            assert there.is_up

    asyncio.run(scenario())


def test_a_database_that_can_not_be_dropped_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pg8000")
    deed = DropDatabase(URL.text, "chaos_1")
    monkeypatch.delenv("A_SERVER", raising=False)
    with pytest.raises(NotUndone, match=r"chaos_1 may be left .*A_SERVER is not set.*DROP DATABASE"):
        deed.carry_out()
    monkeypatch.setenv("A_SERVER", "postgres://me:secret@127.0.0.1:1/jobs")
    with pytest.raises(NotUndone, match=r"chaos_1 may be left .*can't be asked") as failed:
        deed.carry_out()
    assert "secret" not in str(failed.value)


def test_a_server_that_refuses_is_told_before_the_run_and_in_it_without_the_password(
    server: Server, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with running(server, place) as (cluster, _):
            url = cluster.url.with_password().replace(cluster.url.password, "secret")
            monkeypatch.setenv("A_SERVER", url)
            with pytest.raises(ProcessError, match="password authentication failed") as refused:
                await ExistingComponent(ExistingServer(URL).component()).start()
            lack = await _lack()
            assert "password authentication failed" in lack
            assert "secret" not in f"{refused.value} {lack}"
            with connected(cluster.url, 2.0) as connection:
                connection.run("CREATE ROLE humble LOGIN PASSWORD 'secret'")
            humble = replace(cluster.url, user="humble", password="secret")
            monkeypatch.setenv("A_SERVER", humble.with_password())
            assert 'ALTER ROLE "humble" CREATEDB' in await _lack()
            monkeypatch.setenv("A_SERVER", cluster.url.with_password())
            assert postgres.missing(URL) == []

    asyncio.run(scenario())


async def _lack() -> str:
    (lack,) = await asyncio.to_thread(postgres.missing, URL)
    return str(lack)


@pytest.mark.parametrize(
    ("url", "reason", "mend"),
    [
        ("postgres://me:secret@db.example.org/jobs", "not this machine", "ssh -L 5432:localhost:5432"),
        ("mysql://me:secret@localhost/jobs", "does not begin with", "mend the variable"),
        ("postgres://me:secret@127.0.0.1:1/jobs", "can't be asked", "start that server"),
    ],
)
def test_a_server_that_may_not_be_used_is_refused(
    url: str, reason: str, mend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pg8000")
    monkeypatch.setenv("A_SERVER", url)
    (lack,) = postgres.missing(URL)
    assert reason in lack.what
    assert mend in lack.mend
    assert "secret" not in f"{lack}"
