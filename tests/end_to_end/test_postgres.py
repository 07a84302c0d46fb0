"""Runs of Reseolio on PostgreSQL: on a server of the run's own, and on one that was there before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chaos.databases.postgres import connected
from chaos.systems.postgres.locate import Server
from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from tests.end_to_end.conftest import Chaos, Done
from tests.systems.postgres.conftest import place, running, server

__all__ = ["place", "server"]

TWO_CORES = """\
title: The way from one core to its database is slow, and then the database is killed
system: {name: reseolio, storage: postgres, cores: 2}
load:
  jobs: 600
  rate: 100/s
  producers: 2
  workers: {count: 2, concurrency: 4}
  job: {duration: 50ms, timeout: 2s, max-delay: 500ms}
steady-state:
  - {probe: ready, target: postgres, equals: true, hold: [baseline, after]}
faults:
  - {fault: latency, between: [core-2, postgres], latency: 50ms, at: 20% of jobs, for: 500ms}
  - {fault: kill, target: postgres, at: 35% of jobs, restart-after: 100ms}
"""


@pytest.fixture(autouse=True)
def _core() -> None:
    try:
        find_core()
    except CoreNotFoundError as error:
        pytest.skip(str(error))


def all_text_of(run: Path) -> str:
    """Everything that a run has left on the disk."""
    return "\n".join(
        file.read_text(encoding="utf-8", errors="replace") for file in run.rglob("*") if file.is_file()
    )


def test_the_database_of_two_cores_is_broken_like_any_other_component(
    server: Server, place: Path, nothing_left: Callable[[Done], None]
) -> None:
    chaos = Chaos(place)
    done = chaos("run", chaos.file(TWO_CORES))
    assert done.code in (0, 1), done.out + done.err  # 0.1.3 may lose a job by this
    slow, kill = done.results["faults"]
    assert slow["evidence"]["links"] == ["core-2 > postgres"]
    assert slow["evidence"]["round_trip_during_ms"] >= 50
    assert kill["evidence"]["kernel_reported"] == {"postgres": "SIGKILL"}
    assert kill["reverted_s"] is not None
    assert list((done.run / "system").iterdir()) == []
    assert server.version.partition(".")[0] in (done.run / "logs" / "postgres.log").read_text(
        encoding="utf-8"
    )
    nothing_left(done)


def test_a_server_that_was_there_is_left_as_it_was_and_its_password_is_nowhere(
    server: Server, place: Path, nothing_left: Callable[[Done], None]
) -> None:
    experiment = TWO_CORES.partition("faults:")[0].replace("jobs: 600", "jobs: 400")
    experiment += "faults:\n  - {fault: refuse, between: [core-2, postgres], at: 35% of jobs, for: 600ms}\n"

    async def scenario() -> None:
        async with running(server, place) as (cluster, there):
            chaos, url = Chaos(place), cluster.url
            option = ("--database-url", url.with_password())
            kills = chaos.file(TWO_CORES, "kills.yaml")
            refused = await asyncio.to_thread(chaos, "run", kills, *option)
            assert refused.code == 2
            assert "postgres was there before the run" in refused.err
            done = await asyncio.to_thread(chaos, "run", chaos.file(experiment), *option)
            assert done.code in (0, 1), done.out + done.err
            assert await there.answers()
            with connected(url, 2.0) as connection:
                left = connection.run("SELECT datname FROM pg_database WHERE datname LIKE 'chaos%'")
            assert left == []
            (refuse,) = done.results["faults"]
            assert refuse["target"] == "core-2, postgres"
            assert url.password not in all_text_of(done.run) + done.out + done.err + json.dumps(done.results)
            nothing_left(done)

    asyncio.run(scenario())
