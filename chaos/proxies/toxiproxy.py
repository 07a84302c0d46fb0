"""A Toxiproxy server, driven through the `toxiproxy` library: the one place that knows the library.

The library keeps host and port of its server in a class that its modules look up by name, so one process could only
drive one server; it sets no timeout, drops what the server says went wrong, and takes an error of the server for an
answer. Here that class is replaced, once, by one that asks the server of the call under way.

Calls block for as long as an HTTP request on the loopback interface takes. Coroutines make them by
`chaos.processes.threads.in_thread`.
"""

from __future__ import annotations

import contextlib
import functools
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chaos.processes.threads import in_thread as in_thread  # the proxies know it from here
from chaos.proxies.errors import ProxyError

if TYPE_CHECKING:
    import requests

ANSWER_WITHIN_S = 2.0


@dataclass(frozen=True)
class Proxy:
    """A proxy as the server tells it: where it listens (`host:port`), where it leads, whether it is up."""

    name: str
    listen: str
    upstream: str
    enabled: bool


class ToxiproxyServer:
    """A running Toxiproxy server.

    Every method raises `ProxyError` if the server refuses, fails, or does not answer within 2 s.

    Args:
        url: `http://host:port` of its HTTP API.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def version(self) -> str:
        """What it calls itself; `git` if it was built from its source."""
        with self._asked():
            answer = _library().api.APIConsumer.get("/version")
        try:
            return str(answer.json()["version"])
        except (ValueError, KeyError, TypeError):
            raise ProxyError(
                f"what answers at {self.url} is no Toxiproxy server: it tells no version"
            ) from None

    def proxies(self) -> dict[str, Proxy]:
        """Every proxy there is, of whomever, by name."""
        with self._asked():
            found = _library().Toxiproxy().proxies()
        return {
            name: Proxy(name, proxy.listen, proxy.upstream, proxy.enabled) for name, proxy in found.items()
        }

    def create(self, name: str, listen: str, upstream: str) -> Proxy:
        """Make a proxy, which takes connections once this returns. A name or an address that is taken is refused."""
        with self._asked():
            made = _library().Toxiproxy().create(upstream=upstream, name=name, listen=listen, enabled=True)
        return Proxy(made.name, made.listen, made.upstream, made.enabled)

    def remove(self, name: str) -> None:
        """Remove a proxy, and end its connections. Harmless if there is none of this name."""
        with self._asked(), _missing_is_fine():
            self._proxy(name).destroy()

    def enable(self, name: str, enabled: bool) -> None:
        """Take a proxy up, or take it down: its connections end, and new ones are refused."""
        with self._asked():
            if enabled:
                self._proxy(name).enable()
            else:
                self._proxy(name).disable()

    def toxics(self, proxy: str) -> Sequence[str]:
        """The names of a proxy's toxics."""
        with self._asked():
            return tuple(self._proxy(proxy).toxics())

    def state(self, proxy: str) -> tuple[Sequence[str], bool]:
        """The names of a proxy's toxics, and whether it is up, asked at once."""
        with self._asked():
            told = _library().api.APIConsumer.get(f"/proxies/{proxy}").json()
        return tuple(toxic["name"] for toxic in told["toxics"]), told["enabled"]

    def add_toxic(self, proxy: str, name: str, kind: str, stream: str, attributes: Mapping[str, int]) -> None:
        """Add a toxic to every connection of a proxy, those that are there too.

        Args:
            proxy: The proxy's name.
            name: What this toxic is called.
            kind: `latency`, `timeout`, `reset_peer`, …
            stream: `upstream` or `downstream`.
            attributes: What the kind takes; a time is in ms, but the `delay` of `slicer`, which is in µs.
        """
        with self._asked():
            self._proxy(proxy).add_toxic(name=name, type=kind, stream=stream, attributes=dict(attributes))

    def remove_toxic(self, proxy: str, name: str) -> None:
        """Take a toxic away. Harmless if there is none of this name."""
        with self._asked(), _missing_is_fine():
            self._proxy(proxy).destroy_toxic(name)

    def _proxy(self, name: str) -> Any:
        """The library's object for a proxy, made without asking for all of them."""
        return _library().Proxy(name=name, upstream="", listen="", enabled=True)

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        """The library's calls in this block go to this server."""
        before = _server_asked.set(self)
        try:
            yield
        finally:
            _server_asked.reset(before)


class _MissingError(ProxyError):
    """There is no proxy, or no toxic, of this name."""


_server_asked: ContextVar[ToxiproxyServer] = ContextVar("server asked")


@functools.cache
def _library() -> ModuleType:
    """The library, asking the server of the call under way instead of one for the whole process."""
    import toxiproxy.api
    import toxiproxy.proxy
    import toxiproxy.server

    import toxiproxy

    class Consumer(toxiproxy.api.APIConsumer):  # type: ignore[misc]  # the library has no types
        """Sends each request to the server of the call under way, with a timeout, and raises what it refuses."""

        @classmethod
        def get(cls, url: str, params: Any = None, **options: Any) -> requests.Response:
            return _request("GET", url, params=params, **options)

        @classmethod
        def post(cls, url: str, data: Any = None, json: Any = None, **options: Any) -> requests.Response:
            return _request("POST", url, data=data, json=json, **options)

        @classmethod
        def delete(cls, url: str, **options: Any) -> requests.Response:
            return _request("DELETE", url, **options)

    for module in (toxiproxy.api, toxiproxy.proxy, toxiproxy.server):
        module.APIConsumer = Consumer
    return toxiproxy


def _request(method: str, path: str, **options: Any) -> requests.Response:
    import requests

    server = _server_asked.get()
    try:
        with requests.Session() as session:
            session.trust_env = False  # an HTTP proxy of the environment has no part in this
            answer = session.request(
                method, server.url + urllib.parse.quote(path), timeout=ANSWER_WITHIN_S, **options
            )
    except requests.RequestException as error:
        raise ProxyError(f"the Toxiproxy server at {server.url} does not answer: {_reason(error)}") from error
    if answer.ok:
        return answer
    said = f"{method} {path}: {answer.status_code} {_words(answer)}"
    kind = _MissingError if answer.status_code == requests.codes.not_found else ProxyError
    raise kind(f"the Toxiproxy server at {server.url} refused {said}")


def _words(answer: requests.Response) -> str:
    """What the server says went wrong."""
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        page = "html" in answer.headers.get("Content-Type", "")
        return answer.reason if page else " ".join(answer.text.split())[:200] or answer.reason


def _reason(error: Exception) -> str:
    """The innermost reason of a failed request, which is the one that people understand."""
    import requests

    if isinstance(error, requests.Timeout):
        return f"nothing within {ANSWER_WITHIN_S:g} s"
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return str(cause)


@contextlib.contextmanager
def _missing_is_fine() -> Iterator[None]:
    with contextlib.suppress(_MissingError):
        yield
