"""A real core, real Toxiproxy servers, and links between them."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from chaos.processes.ports import LOOPBACK, free_port
from chaos.proxies import asking
from chaos.proxies.errors import ProxyError
from chaos.proxies.locate import find_server
from chaos.proxies.toxiproxy import ToxiproxyServer
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem

PATIENCE_S = 20.0


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a core of the wire contract listens."""
    system = ReferenceSystem(ReferenceSpec(name="reference"), tmp_path_factory.mktemp("core"))
    (spec,) = system.prepare()
    assert spec.address is not None
    with subprocess.Popen(spec.command) as process:
        try:
            asyncio.run(_until(spec.is_ready))
            asking.load()
            yield spec.address
        finally:
            process.kill()


@pytest.fixture
def toxiproxy(tmp_path: Path) -> Iterator[ToxiproxyServer]:
    """A Toxiproxy server that was there before any run."""
    with serving(tmp_path / "shared.log") as (server, process):
        yield server
        assert process.poll() is None, "nobody may end it"


class serving:  # noqa: N801  # reads as a verb where it is used
    """A Toxiproxy server and its process, while the block lasts."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def __enter__(self) -> tuple[ToxiproxyServer, subprocess.Popen[bytes]]:
        port = free_port()
        with self._log.open("wb") as log:
            command = (find_server().path, "-host", LOOPBACK, "-port", str(port))
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        server = ToxiproxyServer(f"http://{LOOPBACK}:{port}")
        asyncio.run(_until(lambda: asyncio.to_thread(_answers, server)))
        return server, self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def _answers(server: ToxiproxyServer) -> bool:
    try:
        server.version()
    except ProxyError:
        return False
    return True


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so."""
    end = time.monotonic() + PATIENCE_S
    while not await is_so():
        assert time.monotonic() < end, f"not so within {PATIENCE_S:g} s"
        await asyncio.sleep(0.01)
