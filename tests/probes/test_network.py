from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import grpc
import pytest

from tests.probes.scene import Scene, answer, probe, silence
from tests.systems.reference.served import Served

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A real core, and a component that serves nobody at its address any more."""
    with Served(tmp_path_factory.mktemp("core") / "data") as served, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = f"127.0.0.1:{closed.getsockname()[1]}"
        yield Scene(addresses={"core": served.address, "core-2": gone})


async def test_a_method_answers_with_its_status_code(core: Scene) -> None:
    assert await answer(probe("grpc", target="core", equals="OK"), core) == "OK"
    missing = probe("grpc", target="core", method="GetJob", request={"jobId": "nobody"}, equals="NOT_FOUND")
    assert await answer(missing, core) == "NOT_FOUND"
    assert await answer(probe("grpc", target="core-2", equals="OK"), core) == "UNAVAILABLE"


async def test_a_method_answers_with_how_long_it_takes_and_only_where_it_is_ok(core: Scene) -> None:
    took_s = await answer(probe("grpc", target="core", what="latency", at_most="1s"), core)
    assert isinstance(took_s, float)
    assert 0 < took_s < 2
    asked = probe("grpc", target="core-2", what="latency", at_most="1s")
    assert (await silence(asked, core)).startswith("UNAVAILABLE: ")


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    assert await answer(probe("grpc", address=address, within="100ms", equals="OK")) in (
        "DEADLINE_EXCEEDED",
        "UNAVAILABLE",
    )
    server.close()


async def test_a_tcp_connection_is_taken_or_not(core: Scene) -> None:
    taken, refused = probe("tcp", target="core"), probe("tcp", target="core-2", equals=False)
    assert await answer(taken, core) is True
    assert await answer(refused, core) is False
    assert (taken.name, refused.name) == ("core takes connections", "core-2 takes no connections")
    assert await answer(probe("tcp", address=core.addresses["core"])) is True


def test_only_questions_can_be_asked() -> None:
    with pytest.raises(ValueError, match="'ListJobs', 'GetJob', 'ListSchedules' or 'GetSchedule'"):
        probe("grpc", target="core", method="EnqueueJob", equals="OK")
    with pytest.raises(ValueError, match="no request of ListJobs"):
        probe("grpc", target="core", request={"limits": 1}, equals="OK")


def test_somebody_is_asked_and_one_only() -> None:
    for whom in ({}, {"target": "core", "address": "127.0.0.1:1"}):
        with pytest.raises(ValueError, match="one of the two"):
            probe("tcp", **whom)


@pytest.mark.parametrize("code", [code.name for code in grpc.StatusCode])
def test_every_status_code_can_be_expected(code: str) -> None:
    assert probe("grpc", target="core", equals=code).judge(code).held
