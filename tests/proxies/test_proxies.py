from __future__ import annotations

import asyncio
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from chaos.ledger.events import ComponentDown, ComponentReady, ComponentUp, Event
from chaos.processes.ports import LOOPBACK, free_port
from chaos.processes.suspension import Suspension
from chaos.proxies import locate, proxies
from chaos.proxies.errors import ProxyError
from chaos.proxies.proxies import Proxies, Wanted, check_url
from chaos.proxies.toxiproxy import ToxiproxyServer

pytestmark = pytest.mark.alone


def proxies_of(tmp_path: Path, url: str | None = None, run: str = "a-run") -> Proxies:
    return Proxies(run, tmp_path, lambda _: None, url=url)


async def test_every_client_has_a_proxy_of_its_own_to_every_server(core: str, tmp_path: Path) -> None:
    run = proxies_of(tmp_path)
    wanted = [Wanted(f"worker-{n}", server, core) for n in (1, 2) for server in ("core", "core-2")]
    try:
        await run.start(wanted)
        links = [run.link(one.client, one.server, "latency") for one in wanted]
        assert len({link.address for link in links}) == 4
        for link in links:
            assert (await link.round_trip()).failure is None
            assert run.address(link.client, link.server, core) == link.address
        await links[0].cut()
        assert [(await link.round_trip()).failure for link in links] == ["refused", None, None, None]
    finally:
        await run.stop()


async def test_a_pair_without_a_proxy_connects_directly(core: str, tmp_path: Path) -> None:
    run = proxies_of(tmp_path)
    try:
        await run.start([Wanted("worker-1", "core", core)])
        assert run.address("producer-1", "core", core) == core
        with pytest.raises(
            ProxyError, match=r"between producer-1 and core; those there are: worker-1 → core"
        ):
            run.link("producer-1", "core", "latency")
    finally:
        await run.stop()


async def test_its_own_server_is_supervised_and_ends_with_the_run(core: str, tmp_path: Path) -> None:
    events: list[Event] = []
    run = Proxies("a-run", tmp_path, events.append, url=None)
    assert run.undo == ()
    await run.start([Wanted("worker-1", "core", core)])
    link = run.link("worker-1", "core", "latency")
    assert run.component is not None
    pid = run.component.process.pid
    await run.stop()
    await run.stop()
    assert not psutil.pid_exists(pid)
    assert (await link.round_trip()).failure == "refused"
    assert [type(event) for event in events] == [ComponentUp, ComponentReady, ComponentDown]
    assert {getattr(event, "component", None) for event in events} == {"toxiproxy"}


async def test_an_end_of_the_server_that_nobody_asked_for_is_noticed(core: str, tmp_path: Path) -> None:
    run = proxies_of(tmp_path)
    try:
        await run.start([Wanted("worker-1", "core", core)])
        assert run.component is not None
        psutil.Process(run.component.process.pid).kill()
        down = await asyncio.wait_for(run.component.unexpected, 10)
        assert (down.component, down.expected) == ("toxiproxy", False)
    finally:
        await run.stop()


async def test_a_shared_server_is_left_as_it_was_found(
    core: str, tmp_path: Path, toxiproxy: ToxiproxyServer
) -> None:
    toxiproxy.create("somebody's", f"{LOOPBACK}:{free_port()}", core)
    toxiproxy.add_toxic("somebody's", "slow", "latency", "upstream", {"latency": 10})
    toxiproxy.create("a-run-2:worker-1:core", f"{LOOPBACK}:{free_port()}", core)
    before = toxiproxy.proxies()
    run = proxies_of(tmp_path, toxiproxy.url)
    await run.start([Wanted("worker-1", "core", core), Wanted("worker-2", "core", core)])
    assert run.component is None
    assert set(toxiproxy.proxies()) - set(before) == {"a-run:worker-1:core", "a-run:worker-2:core"}
    assert (await run.link("worker-1", "core", "latency").round_trip()).failure is None
    await run.stop()
    assert toxiproxy.proxies() == before
    assert toxiproxy.toxics("somebody's") == ("slow",)


async def test_what_a_dead_run_left_on_a_shared_server_is_undone_by_its_deed(
    core: str, tmp_path: Path, toxiproxy: ToxiproxyServer
) -> None:
    toxiproxy.create("somebody's", f"{LOOPBACK}:{free_port()}", core)
    run = proxies_of(tmp_path, toxiproxy.url)
    (undo,) = run.undo
    undo.carry_out()
    await run.start([Wanted("worker-1", "core", core)])
    for _ in range(2):
        undo.carry_out()
        assert set(toxiproxy.proxies()) == {"somebody's"}


async def test_two_runs_may_share_a_server(core: str, tmp_path: Path, toxiproxy: ToxiproxyServer) -> None:
    one, other = (proxies_of(tmp_path, toxiproxy.url, run) for run in ("run-1", "run-10"))
    await asyncio.gather(*(run.start([Wanted("worker-1", "core", core)]) for run in (one, other)))
    await one.stop()
    assert (await other.link("worker-1", "core", "latency").round_trip()).failure is None
    await other.stop()
    assert toxiproxy.proxies() == {}


@pytest.mark.parametrize("after_ms", [0, 5, 20, 40])
async def test_a_start_that_is_interrupted_leaves_nothing(
    core: str, tmp_path: Path, toxiproxy: ToxiproxyServer, after_ms: int
) -> None:
    run = proxies_of(tmp_path, toxiproxy.url)
    starting = asyncio.create_task(run.start([Wanted(f"worker-{n}", "core", core) for n in range(20)]))
    await asyncio.sleep(after_ms / 1000)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await run.stop()
    assert toxiproxy.proxies() == {}


class Forgetful(BaseHTTPRequestHandler):
    """Stands in front of a Toxiproxy server, and hangs up on whoever has a proxy made, once it is made."""

    behind: ClassVar[str]

    def do_GET(self) -> None:
        answer = self._asked(None)
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self._asked(self.rfile.read(int(self.headers["Content-Length"])))

    def do_DELETE(self) -> None:
        self._asked(None)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass

    def _asked(self, body: bytes | None) -> bytes:
        request = urllib.request.Request(self.behind + self.path, body, method=self.command)
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())


async def test_a_proxy_that_was_made_unseen_is_removed_too(
    core: str, tmp_path: Path, toxiproxy: ToxiproxyServer
) -> None:
    Forgetful.behind = toxiproxy.url
    with ThreadingHTTPServer((LOOPBACK, 0), Forgetful) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run = proxies_of(tmp_path, f"http://{LOOPBACK}:{server.server_address[1]}")
        with pytest.raises(ProxyError, match="does not answer"):
            await run.start([Wanted("worker-1", "core", core)])
        assert set(toxiproxy.proxies()) == {"a-run:worker-1:core"}
        await run.stop()
        server.shutdown()
    assert toxiproxy.proxies() == {}


async def test_a_shared_server_that_is_not_there_is_told(core: str, tmp_path: Path) -> None:
    run = proxies_of(tmp_path, f"http://{LOOPBACK}:{free_port()}")
    with pytest.raises(ProxyError, match="does not answer"):
        await run.start([Wanted("worker-1", "core", core)])
    await run.stop()


async def test_a_machine_without_a_server_is_told_what_to_do(
    core: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> locate.ServerProgram:
        raise locate.ServerNotFoundError("no Toxiproxy server", "chaos setup toxiproxy")

    monkeypatch.setattr(proxies, "find_server", nowhere)
    with pytest.raises(ProxyError, match="to mend it: chaos setup toxiproxy"):
        await proxies_of(tmp_path).start([Wanted("worker-1", "core", core)])


@pytest.mark.parametrize("url", ["http://127.0.0.1:8474", "http://localhost:8474/", "http://[::1]:8474"])
def test_a_server_on_this_machine_is_taken(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:8474", "http://toxiproxy.example:8474", "http://0.0.0.0:8474"]
)
def test_a_server_elsewhere_is_refused_with_the_reason(url: str) -> None:
    with pytest.raises(ProxyError, match=r"is not on this machine: its proxies could not reach"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8474", "http://127.0.0.1", "https://127.0.0.1:1", "http://127.0.0.1:99999", "http://[:1", ""],
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(ProxyError, match=r"write http://127\.0\.0\.1:8474"):
        check_url(url)


async def test_a_server_that_is_stuck_is_started_anew_with_all_that_is_done_to_its_proxies(
    core: str, tmp_path: Path
) -> None:
    proxies = Proxies("a-run", tmp_path, lambda _: None, url=None)
    try:
        await proxies.start([Wanted("worker-1", "core", core), Wanted("worker-2", "core", core)])
        first = proxies.link("worker-1", "core", "bandwidth")
        other = proxies.link("worker-2", "core", "latency")
        await first.add_toxic("bandwidth", "upstream", {"rate": 1})
        await other.add_toxic("latency", "upstream", {"latency": 150})
        assert proxies.component is not None
        await Suspension(proxies.component.process).stop()
        await first.remove_toxics()
        assert proxies.component.incarnation == 2
        assert await first.changes_by_others() == []
        slow = await other.round_trip()
        assert slow.failure is None
        assert slow.took_ms >= 150
    finally:
        await proxies.stop()
