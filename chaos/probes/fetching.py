"""Fetching a page over HTTP for a probe: one request, bounded in time and size, to nowhere else than asked."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import time
import urllib.parse
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from chaos.probes.protocol import NoAnswer

LONGEST_BODY_BYTES: Final = 1024 * 1024

# Of their own, so that pages that take long keep no other thread of the runner waiting. Each ends with its time.
_THREADS: Final = ThreadPoolExecutor(max_workers=32, thread_name_prefix="fetching")


@dataclass(frozen=True)
class Page:
    """What was answered.

    Attributes:
        status: The status code.
        body: Its text, by the charset that it names, or UTF-8.
        took_s: From connecting until the whole body was there.
    """

    status: int
    body: str
    took_s: float


async def fetch(url: str, within_s: float, headers: Mapping[str, str] | None = None) -> Page:
    """Ask for a page. Redirections are answers like others, and followed by nobody; proxies are not used.

    Args:
        url: Where, with `http` or `https`.
        within_s: How long it may take in all.
        headers: What is sent beside the usual headers.

    Raises:
        NoAnswer: None came in time, or it is too long.
    """
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    request = _Request(kind(parts.hostname or "", parts.port, timeout=within_s))
    target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within_s):
            return await loop.run_in_executor(_THREADS, request.get, target, dict(headers or {}))
    except TimeoutError:
        raise NoAnswer(f"no answer within {within_s:g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from error
    finally:
        request.hang_up()


class _Request:
    """One request, made in one thread, and given up in another."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection
        self._socket: socket.socket | None = None

    def get(self, target: str, headers: Mapping[str, str]) -> Page:
        """What is answered; blocks."""
        started = time.monotonic()
        with contextlib.closing(self._connection) as connection:
            connection.connect()
            self._socket = connection.sock  # the connection forgets it once an answer ends with it
            connection.request("GET", target, headers={"User-Agent": "chaos", **headers})
            answer = connection.getresponse()
            body = answer.read(LONGEST_BODY_BYTES + 1)
            took_s = time.monotonic() - started
        if len(body) > LONGEST_BODY_BYTES:
            raise NoAnswer(f"the body is longer than {LONGEST_BODY_BYTES:,} bytes")
        charset = answer.headers.get_content_charset("utf-8")
        try:
            return Page(answer.status, body.decode(charset, errors="replace"), took_s)
        except LookupError:
            raise NoAnswer(f"the body is in an unknown charset, {charset!r}") from None

    def hang_up(self) -> None:
        """End it if it is not done, so that its thread ends, too."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
