from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import chaos
from chaos.processes.ports import LOOPBACK, free_port
from chaos.proxies import toxiproxy as wrapper
from chaos.proxies.errors import ProxyError
from chaos.proxies.toxiproxy import ToxiproxyServer
from tests.proxies.conftest import serving

TOP = Path(chaos.__file__).parent.parent


@contextlib.contextmanager
def answering(
    status: int, body: bytes, hold: threading.Event | None = None, content: str = "text/plain"
) -> Iterator[str]:
    """A server that answers everything so, once `hold` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if hold is not None:
                hold.wait(10)
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", content)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        if hold is not None:
            hold.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_library_is_not_hidden_by_the_folder_of_its_name() -> None:
    assert (TOP / "toxiproxy").is_dir()
    assert not list((TOP / "toxiproxy").rglob("*.py"))
    code = "import toxiproxy; print(toxiproxy.Toxiproxy.__module__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)
    assert done.stdout == "toxiproxy.server\n"


def test_it_is_not_loaded_until_it_is_needed() -> None:
    code = "import sys, chaos.proxies.proxies; sys.exit('requests' in sys.modules or 'h2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_proxy_is_made_told_and_removed(toxiproxy: ToxiproxyServer) -> None:
    listen = f"{LOOPBACK}:{free_port()}"
    made = toxiproxy.create("a:b", listen, "127.0.0.1:1")
    assert (made.listen, made.upstream, made.enabled) == (listen, "127.0.0.1:1", True)
    assert toxiproxy.proxies() == {"a:b": made}
    toxiproxy.enable("a:b", False)
    assert not toxiproxy.proxies()["a:b"].enabled
    toxiproxy.remove("a:b")
    toxiproxy.remove("a:b")
    assert toxiproxy.proxies() == {}


def test_names_may_have_signs_that_mean_something_in_a_url(toxiproxy: ToxiproxyServer) -> None:
    toxiproxy.create("a", f"{LOOPBACK}:{free_port()}", "127.0.0.1:1")
    for name in ("kill#2:latency", "50% slow?", "é"):
        toxiproxy.add_toxic("a", name, "latency", "upstream", {"latency": 1})
        assert toxiproxy.toxics("a") == (name,)
        toxiproxy.remove_toxic("a", name)
        toxiproxy.remove_toxic("a", name)
        assert toxiproxy.toxics("a") == ()


def test_what_the_server_refuses_is_told_in_its_own_words(toxiproxy: ToxiproxyServer) -> None:
    toxiproxy.create("a", f"{LOOPBACK}:{free_port()}", "127.0.0.1:1")
    with pytest.raises(ProxyError, match=r"refused POST /proxies/a/toxics: 400 invalid toxic type"):
        toxiproxy.add_toxic("a", "x", "sloth", "upstream", {})
    with pytest.raises(ProxyError, match=r"404 proxy not found"):
        toxiproxy.enable("b", True)
    port = toxiproxy.proxies()["a"].listen
    with pytest.raises(ProxyError, match="address already in use"):
        toxiproxy.create("b", port, "127.0.0.1:1")


def test_a_failing_server_is_an_error() -> None:
    with (
        answering(500, b"out of order") as url,
        pytest.raises(ProxyError, match=f"{url} refused .*500 out of order"),
    ):
        ToxiproxyServer(url).proxies()


@pytest.mark.parametrize("body", [b"hello", b"{}", b"[]", b'"2.12.0"'])
def test_a_server_of_another_kind_is_an_error(body: bytes) -> None:
    with answering(200, body) as url, pytest.raises(ProxyError, match="is no Toxiproxy server"):
        ToxiproxyServer(url).version()


def test_a_page_that_a_server_shows_is_not_repeated() -> None:
    page = b"<!DOCTYPE html><html><body>\n<h1>Not Found</h1></body></html>"
    with (
        answering(404, page, content="text/html") as url,
        pytest.raises(ProxyError, match=r"404 Not Found$"),
    ):
        ToxiproxyServer(url).version()


def test_a_silent_server_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapper, "ANSWER_WITHIN_S", 0.1)
    held = answering(200, b"{}", threading.Event())
    with held as url, pytest.raises(ProxyError, match=r"does not answer: nothing within 0.1 s"):
        ToxiproxyServer(url).version()


def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ProxyError, match="Connection refused"):
        ToxiproxyServer(f"http://{LOOPBACK}:{free_port()}").version()


def test_an_http_proxy_of_the_environment_has_no_part(
    toxiproxy: ToxiproxyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, f"http://{LOOPBACK}:{free_port()}")
    assert toxiproxy.proxies() == {}


def test_one_process_drives_several_servers_at_once(toxiproxy: ToxiproxyServer, tmp_path: Path) -> None:
    with serving(tmp_path / "other.log") as (other, _), ThreadPoolExecutor(8) as threads:
        servers = (toxiproxy, other)

        def make(number: int) -> None:
            servers[number % 2].create(str(number), f"{LOOPBACK}:{free_port()}", "127.0.0.1:1")

        list(threads.map(make, range(40)))
        assert set(toxiproxy.proxies()) == {str(number) for number in range(0, 40, 2)}
        assert set(other.proxies()) == {str(number) for number in range(1, 40, 2)}
