from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from chaos.probes.fetching import LONGEST_BODY_BYTES
from tests.probes.http_server import Server
from tests.probes.scene import answer, probe, silence

pytestmark = pytest.mark.alone


async def test_it_answers_with_the_status_the_body_or_a_value_in_it() -> None:
    body = '{"status": "ok", "jobs": [3, 4.5], "ready": true, "none": null}'
    with Server(health=body, broken=(503, "no")) as server:
        page = {"url": f"{server.url}/health", "what": "body"}
        assert await answer(probe("http", url=f"{server.url}/broken", equals=503)) == 503.0
        assert await answer(probe("http", **page, matches="ok")) == body
        assert await answer(probe("http", **page, json="$.jobs[1]", at_most=5)) == 4.5
        assert await answer(probe("http", **page, json="$.status", equals="ok")) == "ok"
        assert await answer(probe("http", **page, json="$.ready", equals=True)) is True
        assert "there is null at $.none" in await silence(probe("http", **page, json="$.none", equals=1))
        assert "nothing at $['x']" in await silence(probe("http", **page, json="$.x", equals=1))


async def test_it_tells_how_long_a_good_answer_takes_and_of_no_bad_one() -> None:
    with Server(health="ok", broken=(503, "no")) as server:
        took_s = await answer(probe("http", url=f"{server.url}/health", what="latency", at_most="1s"))
        assert isinstance(took_s, float)
        assert 0 < took_s < 1
        asked = probe("http", url=f"{server.url}/broken", what="latency", at_most="1s")
        assert await silence(asked) == "it answers with the status 503"


async def test_it_follows_nobody_elsewhere() -> None:
    with Server(moved=(302, "http://192.0.2.1/")) as server:
        assert await answer(probe("http", url=f"{server.url}/moved", equals=302)) == 302.0


async def test_it_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Server(health="ok") as server:
        assert await answer(probe("http", url=f"{server.url}/health", equals=200)) == 200.0


async def test_headers_take_their_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "s3cret")
    with Server(health="ok") as server:
        headers = {"Authorization": "Bearer ${env:A_TOKEN}"}
        asked = probe("http", url=f"{server.url}/health?deep=1", headers=headers, equals=200)
        assert await answer(asked) == 200.0
        ((path, sent),) = server.asked
    assert path == "/health?deep=1"
    assert sent["Authorization"] == "Bearer s3cret"
    assert "s3cret" not in asked.name


async def test_nobody_there_and_a_body_without_end_are_no_answers() -> None:
    with Server(long="x" * (LONGEST_BODY_BYTES + 1)) as server:
        asked = probe("http", url=f"{server.url}/long", what="body", matches="x")
        assert "longer than 1,048,576 bytes" in await silence(asked)
        url = server.url
    assert "ConnectionRefusedError" in await silence(probe("http", url=url, equals=200))


@pytest.mark.parametrize("trickles", [False, True])
async def test_it_is_given_up_in_time_and_its_thread_ends(trickles: bool) -> None:
    gone = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while trickles:
                handler.wfile.write(b"x")
                gone.wait(0.01)
            handler.connection.recv(1)
        except OSError:
            pass
        gone.set()

    with Server(slow=slow) as server:
        asked = probe("http", url=f"{server.url}/slow", what="body", matches="x", within="100ms")
        assert await silence(asked) == "no answer within 0.1 s"
        assert await asyncio.to_thread(gone.wait, 5)
