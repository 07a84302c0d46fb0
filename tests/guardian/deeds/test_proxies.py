"""The deeds that undo what was done to proxies, on a real Toxiproxy server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaos.guardian.deed import Deed, NotUndone
from chaos.guardian.deeds import proxy_server
from chaos.guardian.deeds.enable_proxy import EnableProxy
from chaos.guardian.deeds.remove_proxies import RemoveProxies
from chaos.guardian.deeds.remove_toxics import RemoveToxics
from chaos.guardian.registry import deed_from
from chaos.processes.ports import LOOPBACK, free_port
from chaos.proxies.toxiproxy import ToxiproxyServer
from tests.proxies.conftest import serving, toxiproxy

pytestmark = pytest.mark.alone

__all__ = ["toxiproxy"]

UPSTREAM = "127.0.0.1:1"


def deeds_of(url: str, *, own: bool = False) -> list[Deed]:
    return [
        RemoveToxics(url, "a-run:worker-1:core", "latency#2:", own),
        EnableProxy(url, "a-run:worker-1:core", own),
        *([] if own else [RemoveProxies(url, "a-run:")]),
    ]


def hang(process: subprocess.Popen[bytes]) -> None:
    """Stop every thread of it, so that it takes connections and answers nothing."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)


def test_they_undo_what_was_done_and_nothing_else(toxiproxy: ToxiproxyServer) -> None:
    remove_toxics, enable, remove_proxies = deeds_of(toxiproxy.url)
    for name in ("a-run:worker-1:core", "a-run:worker-2:core", "a-run-2:worker-1:core"):
        toxiproxy.create(name, f"{LOOPBACK}:{free_port()}", UPSTREAM)
        for toxic in ("latency#2:latency:upstream", "latency:latency:upstream"):
            toxiproxy.add_toxic(name, toxic, "latency", "upstream", {"latency": 1})
        toxiproxy.enable(name, False)
    for _ in range(2):
        remove_toxics.carry_out()
        enable.carry_out()
        assert {name for name, proxy in toxiproxy.proxies().items() if proxy.enabled} == {
            "a-run:worker-1:core"
        }
        assert toxiproxy.toxics("a-run:worker-1:core") == ("latency:latency:upstream",)
        assert len(toxiproxy.toxics("a-run:worker-2:core")) == 2
    for _ in range(2):
        remove_proxies.carry_out()
        assert set(toxiproxy.proxies()) == {"a-run-2:worker-1:core"}


def test_where_nothing_was_done_there_is_nothing_to_undo(toxiproxy: ToxiproxyServer) -> None:
    for deed in deeds_of(toxiproxy.url):
        deed.carry_out()
    assert toxiproxy.proxies() == {}


def test_what_a_server_kept_is_gone_with_it() -> None:
    for deed in deeds_of(f"http://{LOOPBACK}:{free_port()}"):
        deed.carry_out()


def test_a_shared_server_that_does_not_answer_is_told_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_server, "WITHIN_S", 0.2)
    with serving(tmp_path / "log") as (server, process):
        hang(process)
        for deed in deeds_of(server.url):
            start = time.monotonic()
            with pytest.raises(NotUndone, match=f"curl .*{server.url}/proxies"):
                deed.carry_out()
            assert time.monotonic() - start < 1


def test_a_server_of_its_own_that_does_not_answer_ends_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_server, "WITHIN_S", 0.2)
    with serving(tmp_path / "log") as (server, process):
        hang(process)
        for deed in deeds_of(server.url, own=True):
            deed.carry_out()


def test_a_deed_takes_no_longer_than_the_guardian_allows() -> None:
    assert proxy_server.WITHIN_S < 2


def test_they_come_back_from_the_undo_log_as_they_were() -> None:
    for deed in deeds_of("http://127.0.0.1:8474"):
        assert deed_from(deed.to_dict()) == deed
        assert "http://127.0.0.1:8474" in str(deed)


def test_they_are_light() -> None:
    code = "import sys; [__import__(f'chaos.guardian.deeds.{name}') for name in sys.argv[1:]]; print(*sys.modules)"
    names = ("remove_toxics", "enable_proxy", "remove_proxies")
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    assert not {"requests", "pydantic", "numpy", "grpc", "h2", "asyncio"} & set(done.stdout.split())
