"""What the deeds of proxies ask of a Toxiproxy server: few words of its HTTP API, with the standard library alone."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from typing import Any

WITHIN_S = 1.8


class ServerGone(Exception):
    """Nobody listens there. A server keeps its proxies in memory, so they are gone with it."""


class NoAnswer(Exception):
    """Somebody listens there, but does not do what was asked; the message says what came instead."""


class ProxyServer:
    """A Toxiproxy server, asked for 1.8 s at most in all, from when this is made.

    Args:
        url: `http://host:port` of its HTTP API.
    """

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._until = time.monotonic() + WITHIN_S

    def ask(self, method: str, *path: str, body: Any = None) -> Any:
        """What it answers, read from JSON; None if what was asked for does not exist.

        Args:
            method: `GET`, `POST` or `DELETE`.
            path: The steps of the path, as they are.
            body: What is sent, as JSON.

        Raises:
            ServerGone: Nobody listens there.
            NoAnswer: It failed, refused, or did not answer in time.
        """
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise NoAnswer(f"it did not answer within {WITHIN_S:g} s")
        connection = http.client.HTTPConnection(self._host, self._port, timeout=left_s)
        try:
            connection.request(
                method,
                "/" + "/".join(urllib.parse.quote(step, safe="") for step in path),
                None if body is None else json.dumps(body),
            )
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == http.client.NOT_FOUND:
                return None
            if answer.status >= http.client.BAD_REQUEST:
                raise NoAnswer(f"{answer.status} {text.decode(errors='replace').strip()[:200]}")
            return json.loads(text) if text else {}
        except ConnectionRefusedError as error:
            raise ServerGone from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
