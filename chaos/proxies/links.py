"""The connection of one client to one server, through a proxy of its own, as network faults act on it."""

from __future__ import annotations

import asyncio
import functools
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chaos.clock import now_ns
from chaos.guardian.deed import Deed
from chaos.guardian.deeds.enable_proxy import EnableProxy
from chaos.guardian.deeds.remove_toxics import RemoveToxics
from chaos.proxies.asking import Asker, WrongAnswerError
from chaos.proxies.errors import ProxyError
from chaos.proxies.round_trip import RoundTrip
from chaos.proxies.toxiproxy import ToxiproxyServer, in_thread

MARK = ":"
"""Stands between the parts of a proxy's name and of a toxic's."""


@dataclass(frozen=True)
class AddedToxic:
    """A toxic as it was added to a proxy."""

    kind: str
    stream: str
    attributes: Mapping[str, int]


@dataclass(frozen=True)
class Changes:
    """What is done to one proxy now.

    Attributes:
        cut_by: The injections that have it down.
        toxics: The toxics of all injections, by name.
        changing: Held while a cut comes or goes, until the proxy is as it is to be then: two at once could overtake
            each other on their way to the server.
    """

    cut_by: set[str] = field(default_factory=set)
    toxics: dict[str, AddedToxic] = field(default_factory=dict)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)


Rescue = Callable[[Callable[[], None]], Awaitable[None]]
"""Tries a request again that the server did not answer, and starts the server anew if it still does not."""


@dataclass(frozen=True)
class ProxyLink:
    """A link as one injection of a fault sees it. Implements `chaos.faults.protocol.Link`.

    Attributes:
        client: Who connects.
        server: Whom it means to reach.
        address: `host:port` of the proxy.
        proxy: The proxy's name on its server.
        toxiproxy: The server.
        own: Whether that server was started by this run, and so ends with it.
        injection: Whose toxics are added and removed, so that overlapping faults leave each other's alone.
        ask: Asks the server one real question.
        now: What is done to this proxy; shared by all links through it.
        rescue: What to do if the server does not answer any more; None where the server is not ours.
    """

    client: str
    server: str
    address: str
    proxy: str
    toxiproxy: ToxiproxyServer
    own: bool
    injection: str
    ask: Asker
    now: Changes
    rescue: Rescue | None

    async def add_toxic(self, kind: str, stream: str, attributes: Mapping[str, int]) -> None:
        """Add a toxic of this kind to one direction (`upstream` or `downstream`), for every connection.

        Raises:
            ProxyError: The server refused or did not answer.
        """
        name = f"{self._prefix}{kind}{MARK}{stream}"
        await in_thread(self.toxiproxy.add_toxic, self.proxy, name, kind, stream, attributes)
        self.now.toxics[name] = AddedToxic(kind, stream, attributes)

    async def remove_toxics(self) -> None:
        """Take every toxic that was added through this link, for this injection, away. Harmless if there is none.

        Raises:
            ProxyError: The server refused or did not answer.
        """
        for name in [name for name in self.now.toxics if name.startswith(self._prefix)]:
            del self.now.toxics[name]
        await self._certainly(self._remove_toxics)

    async def cut(self) -> None:
        """Take the proxy down: all its connections end, new ones are refused.

        Raises:
            ProxyError: The server refused or did not answer.
        """
        async with self.now.changing:
            self.now.cut_by.add(self.injection)
            await in_thread(self.toxiproxy.enable, self.proxy, False)

    async def mend(self) -> None:
        """Take the proxy up again, unless another injection wants it down. Harmless if it is up.

        Raises:
            ProxyError: The server refused or did not answer.
        """
        async with self.now.changing:
            self.now.cut_by.discard(self.injection)
            if not self.now.cut_by:
                await self._certainly(functools.partial(self.toxiproxy.enable, self.proxy, True))

    async def round_trip(self, timeout_s: float = 2.0) -> RoundTrip:
        """One real request to the server through the proxy, over a new connection.

        The time covers the connecting, which the proxy answers itself, and one way there and back through it. A
        failure is `refused`, `reset`, `closed` (before the answer), `no answer within 2 s`, or in other words.
        """
        start_ns = now_ns()
        failure = await self._failure(timeout_s)
        return RoundTrip((now_ns() - start_ns) / 1e6, failure)

    async def changes_by_others(self) -> Sequence[str]:
        """What other injections do to it now: the names of their toxics, and `cut` if they have its proxy down.

        Raises:
            ProxyError: What this injection did is still there; or the server refused or did not answer.
        """
        toxics, enabled = await in_thread(self.toxiproxy.state, self.proxy)
        own = [name for name in toxics if name.startswith(self._prefix)]
        if not enabled and self.now.cut_by <= {self.injection}:
            own.append("cut")
        if own:
            raise ProxyError(f"the proxy {self.proxy} is still under {', '.join(own)}")
        return [*toxics, *(() if enabled else ("cut",))]

    def undo_toxics(self) -> Deed:
        """The deed that takes every toxic of this link and injection away."""
        return RemoveToxics(self.toxiproxy.url, self.proxy, self._prefix, self.own)

    def undo_cut(self) -> Deed:
        """The deed that takes the proxy up again."""
        return EnableProxy(self.toxiproxy.url, self.proxy, self.own)

    @property
    def _prefix(self) -> str:
        """How the names of this injection's toxics begin, and no other's do."""
        return urllib.parse.quote(self.injection, safe="#") + MARK

    async def _certainly(self, undo: Callable[[], None]) -> None:
        """Have something undone, even if the run's own server has to be started anew for it."""
        try:
            await in_thread(undo)
        except ProxyError:
            if self.rescue is None:
                raise
            await self.rescue(undo)

    def _remove_toxics(self) -> None:
        for name in self.toxiproxy.toxics(self.proxy):
            if name.startswith(self._prefix):
                self.toxiproxy.remove_toxic(self.proxy, name)

    async def _failure(self, timeout_s: float) -> str | None:
        try:
            async with asyncio.timeout(timeout_s):
                await self.ask(self.address)
        except TimeoutError:
            return f"no answer within {timeout_s:g} s"
        except ConnectionRefusedError:
            return "refused"
        except (ConnectionResetError, BrokenPipeError):
            return "reset"
        except EOFError:
            return "closed"
        except (OSError, WrongAnswerError) as error:
            return str(error)
        return None
