"""The proxies of one run: a Toxiproxy server, and a proxy of its own for each client of each server."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.experiment.endpoints import is_loopback
from chaos.guardian.deed import Deed
from chaos.guardian.deeds.remove_proxies import RemoveProxies
from chaos.ledger.events import Event
from chaos.processes.component import Component
from chaos.processes.ports import LOOPBACK, free_port
from chaos.proxies.asking import Asker, lists_jobs, load
from chaos.proxies.errors import ProxyError
from chaos.proxies.links import MARK, Changes, ProxyLink
from chaos.proxies.locate import check_version, find_server
from chaos.proxies.toxiproxy import Proxy, ToxiproxyServer, in_thread

COMPONENT = "toxiproxy"
_READY_WITHIN_S = 10.0


@dataclass(frozen=True)
class Wanted:
    """A proxy to be made.

    Attributes:
        client: Who connects through it.
        server: Whom it leads to.
        upstream: `host:port` of that server.
        ask: Asks that server one real question, through the proxy.
    """

    client: str
    server: str
    upstream: str
    ask: Asker = lists_jobs


class Proxies:
    """The proxies of one run, on a Toxiproxy server of its own or on one that was there before.

    Args:
        run: The run's name, with which the names of its proxies begin.
        logs: Where its own server's log goes.
        record: Told of the start and the end of its own server.
        url: A server to use instead of one of its own, which is left as it was found.

    Attributes:
        undo: What removes this run's proxies from a server that was there before; to be in the undo log before
            `start`. Empty for a server of its own, which ends with the run.
        component: The server, if it is the run's own and was started.
    """

    def __init__(self, run: str, logs: Path, record: Callable[[Event], None], *, url: str | None) -> None:
        if url is not None:
            check_url(url)
        self._prefix = f"{run}{MARK}"
        self._log_path = logs / f"{COMPONENT}.log"
        self._record = record
        self._shared = None if url is None else ToxiproxyServer(url)
        self._server: ToxiproxyServer | None = None
        self._made: dict[tuple[str, str], tuple[Wanted, Proxy]] = {}
        self._changes: dict[tuple[str, str], Changes] = defaultdict(Changes)
        self._rescuing = asyncio.Lock()
        self.undo: Sequence[Deed] = ()
        if self._shared is not None:
            self.undo = (RemoveProxies(self._shared.url, self._prefix),)
        self.component: Component | None = None

    async def start(self, wanted: Sequence[Wanted]) -> None:
        """Start the server, unless there is one, and make the proxies. Each takes connections then.

        Raises:
            ProxyError: There is no server to start, or it refused a proxy, or did not answer.
            ProcessError: Its own server can't be started, or exited.
        """
        server = self._shared or await self._start_server()
        if self._shared is not None:
            check_version(await in_thread(server.version), server.url)
        self._server = server
        await in_thread(self._make_all, server, wanted)
        await asyncio.to_thread(load)

    def link(self, client: str, server: str, injection: str) -> ProxyLink:
        """The link of a client to a server, as one injection of a fault acts on it.

        Args:
            client: Who connects.
            server: Whom it means to reach.
            injection: The injection's name: its toxics are its own.

        Raises:
            ProxyError: There is no proxy between the two.
        """
        made = self._made.get((client, server))
        if made is None or self._server is None:
            there = ", ".join(f"{one} → {other}" for one, other in self._made) or "none"
            raise ProxyError(f"there is no proxy between {client} and {server}; those there are: {there}")
        wanted, proxy = made
        return ProxyLink(
            client=client,
            server=server,
            address=proxy.listen,
            proxy=proxy.name,
            toxiproxy=self._server,
            own=self._shared is None,
            injection=injection,
            ask=wanted.ask,
            now=self._changes[client, server],
            rescue=None if self._shared is not None else self._rescue,
        )

    def address(self, client: str, server: str, direct: str) -> str:
        """Where a client connects to reach a server: its proxy, or `direct` if there is none for the two."""
        made = self._made.get((client, server))
        return direct if made is None else made[1].listen

    async def stop(self) -> None:
        """End its own server, or remove its proxies from the one that was there. Harmless if nothing was started.

        Raises:
            ProxyError: Proxies are left on the server that was there.
            ProcessError: Its own server lives on.
        """
        if self.component is not None:
            await self.component.stop()
        elif self._server is not None:  # it may have made one and not have been able to say so
            await in_thread(self._remove_all, self._server)
            self._server = None
        self._made.clear()

    async def _start_server(self) -> ToxiproxyServer:
        program = await asyncio.to_thread(find_server)
        port = free_port()
        server = ToxiproxyServer(f"http://{LOOPBACK}:{port}")

        self.component = Component(COMPONENT, self._record)
        command = (str(program.path), "-host", LOOPBACK, "-port", str(port))
        await self.component.start(command, log_path=self._log_path, environment={"LOG_LEVEL": "warn"})
        await self.component.wait_ready(lambda: _answers(server), _READY_WITHIN_S)
        return server

    async def _rescue(self, request: Callable[[], None]) -> None:
        """Have a request answered that was not, if need be by starting the run's own server anew.

        Toxiproxy never answers again once it was asked to take a toxic away from a connection on which a later one has
        ended the stream (`limit_data`, `reset_peer`). Started anew, every proxy gets back what is done to it; only
        connections are lost.

        Raises:
            ProxyError: It refuses that.
            ProcessError: It can't be started again.
        """
        async with self._rescuing:
            try:
                await in_thread(request)  # another link may have had it started anew
            except ProxyError:
                await self._start_anew()

    async def _start_anew(self) -> None:
        server, component = self._server, self.component
        assert server is not None
        assert component is not None
        await component.kill()
        await component.restart()
        await component.wait_ready(lambda: _answers(server), _READY_WITHIN_S)
        await in_thread(self._make_again, server)

    def _make_again(self, server: ToxiproxyServer) -> None:
        for between, (wanted, proxy) in self._made.items():
            now = self._changes[between]
            server.create(proxy.name, proxy.listen, wanted.upstream)
            for name, toxic in list(now.toxics.items()):
                server.add_toxic(proxy.name, name, toxic.kind, toxic.stream, toxic.attributes)
            if now.cut_by:
                server.enable(proxy.name, False)

    def _make_all(self, server: ToxiproxyServer, wanted: Sequence[Wanted]) -> None:
        for one in wanted:
            name = f"{self._prefix}{one.client}{MARK}{one.server}"
            proxy = server.create(name, f"{LOOPBACK}:{free_port()}", one.upstream)
            self._made[one.client, one.server] = (one, proxy)

    def _remove_all(self, server: ToxiproxyServer) -> None:
        for name in server.proxies():
            if name.startswith(self._prefix):
                server.remove(name)
        if left := [name for name in server.proxies() if name.startswith(self._prefix)]:
            raise ProxyError(f"proxies of this run are left on {server.url}: {', '.join(left)}")


async def _answers(server: ToxiproxyServer) -> bool:
    try:
        await asyncio.to_thread(server.version)
    except ProxyError:
        return False
    return True


def check_url(url: str) -> None:
    """Refuse what is no address of a Toxiproxy server on this machine.

    Raises:
        ProxyError: It is none; says why.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        complete = parts.scheme == "http" and parts.hostname and parts.port
    except ValueError:
        complete = False
    if not complete or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ProxyError(f"{url!r} is no address of a Toxiproxy server: write http://127.0.0.1:8474")
    if not is_loopback(parts.hostname or ""):
        raise ProxyError(
            f"the Toxiproxy server at {url} is not on this machine: its proxies could not reach what a run starts on "
            f"{LOOPBACK}, and only that is targeted"
        )
