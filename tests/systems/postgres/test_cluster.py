"""A server of the run's own: durable, whole when it is signalled, back after a kill, and gone at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from chaos.databases.postgres import answers, connected
from chaos.processes.account import Account, is_root
from chaos.processes.errors import ProcessError
from chaos.processes.suspension import STOPPED, Suspensions
from chaos.processes.tree import is_alive
from chaos.systems.postgres.asking import speaks_postgres
from chaos.systems.postgres.cluster import Cluster
from chaos.systems.postgres.locate import Server
from chaos.systems.protocol import SystemUnavailable
from tests.systems.postgres.conftest import running

SEGMENTS = Path("/proc/sysvipc/shm")


def segment_of(place: Path) -> str:
    """The id of the shared memory of the server that runs below this place."""
    return (place / "system" / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[6].split()[1]


def segments() -> set[str]:
    """The ids of all System V shared memory of this machine."""
    return {line.split()[1] for line in SEGMENTS.read_text().splitlines()[1:]}


def users_and_commands(pid: int) -> tuple[set[int], list[str]]:
    """Who runs a process and all below it, and their command lines; those that leave meanwhile are left out."""
    users, commands = set(), []
    top = psutil.Process(pid)
    for process in (top, *top.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            users.add(process.uids().effective)
            commands += process.cmdline()
    return users, commands


def sockets(port: int) -> list[Path]:
    """The sockets of a server where such servers usually put them."""
    return [path for place in ("/tmp", "/run/postgresql") for path in Path(place).glob(f".s.PGSQL.{port}*")]


def test_a_server_is_killed_paused_and_restarted_with_all_its_processes(server: Server, place: Path) -> None:
    async def scenario() -> None:
        async with running(server, place) as (cluster, component):
            url = cluster.url
            with connected(url, 2.0) as connection:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    assert connection.run(f"SHOW {setting}") == [["on"]]
                connection.run("CREATE TABLE kept (number int)")
                connection.run("INSERT INTO kept VALUES (1)")
                tree = psutil.Process(component.process.pid).children(recursive=True)
                assert len(tree) > 3
                await component.kill(signal.SIGKILL)
                assert [process for process in tree if is_alive(process)] == []
            assert not await component.answers()

            await component.bring_back()
            with connected(url, 2.0) as connection:
                assert connection.run("SELECT * FROM kept") == [[1]]
                gone = await component.kill(signal.SIGTERM)  # though somebody is connected
                assert gone.status == "exit 0"

            await component.bring_back()
            suspensions = Suspensions()
            await suspensions.stop(component.process, "a test")
            assert set(suspensions.states(component.process)) == {STOPPED}
            assert not await component.answers()
            await suspensions.let_go(component.process, "a test")
            assert await component.answers()

    asyncio.run(scenario())
    assert list((place / "system").iterdir()) == []


def test_its_password_is_asked_for_and_on_no_command_line(server: Server, place: Path) -> None:
    async def scenario() -> None:
        async with running(server, place) as (cluster, component):
            url = cluster.url
            assert not answers(type(url)(url.host, url.port, url.user, "wrong", url.database), 2.0)
            users, commands = users_and_commands(component.process.pid)
            assert url.password not in " ".join(commands)
            assert url.password not in (place / "logs" / "postgres.log").read_text()
            assert sockets(url.port) == []
            await speaks_postgres(url.address)
            if is_root():
                assert os.geteuid() not in users

    asyncio.run(scenario())


@pytest.mark.skipif(not SEGMENTS.exists(), reason="this system does not list shared memory")
def test_the_memory_of_a_server_that_was_killed_is_removed(server: Server, place: Path) -> None:
    async def scenario() -> str:
        async with running(server, place) as (_, component):
            segment = segment_of(place)
            await component.kill(signal.SIGKILL)
            assert segment in segments()
            return segment

    assert asyncio.run(scenario()) not in segments()


@pytest.mark.skipif(not is_root(), reason="only root needs somebody else to run it")
def test_a_directory_that_its_user_can_not_reach_is_refused_with_what_to_do(
    server: Server, tmp_path: Path
) -> None:
    tmp_path.parent.parent.chmod(0o700)
    with pytest.raises(SystemUnavailable, match=r"can't get to .*--runs DIR"):
        Cluster(server, tmp_path / "run" / "system").component()


@pytest.mark.skipif(not is_root(), reason="only root needs somebody else to run it")
def test_directories_of_the_runs_own_let_its_user_pass_and_nobody_else(server: Server, place: Path) -> None:
    (place / "run" / "system").mkdir(parents=True)
    for own in (place / "run", place / "run" / "system"):
        own.chmod(0o700)
    Cluster(server, place / "run" / "system").component()
    assert [own.stat().st_mode & 0o777 for own in (place / "run", place / "run" / "system")] == [0o710, 0o710]
    assert server.account is not None
    assert server.account.can_enter(place / "run" / "system")
    stranger = Account("a stranger", 4711, 4711)
    assert not stranger.can_enter(place / "run")


def test_what_initdb_says_is_told(server: Server, place: Path) -> None:
    broken = Server(place, server.version, "a test", server.account)
    (place / "initdb").write_text("#!/bin/sh\necho no room\nexit 1\n")
    (place / "initdb").chmod(0o755)

    async def scenario() -> None:
        async with running(broken, place):
            pass

    with pytest.raises(ProcessError, match=r"initdb of PostgreSQL .* ended with exit 1(.|\n)*no room"):
        asyncio.run(scenario())


def test_who_is_no_such_server_is_told() -> None:
    from chaos.proxies.asking import WrongAnswerError

    async def scenario() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(8)
            writer.write(b"HTTP/1.1")
            writer.close()

        other = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = other.sockets[0].getsockname()[1]
        async with other:
            with pytest.raises(WrongAnswerError, match="no PostgreSQL server"):
                await speaks_postgres(f"127.0.0.1:{port}")
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            with pytest.raises(ConnectionRefusedError):
                await speaks_postgres(f"127.0.0.1:{nobody.getsockname()[1]}")

    asyncio.run(scenario())
