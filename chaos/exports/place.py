"""Where an export listens or sends to: this machine, unless more is allowed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from chaos.exports.protocol import ExportRefused

ALLOW = "--export-beyond-loopback"


@dataclass(frozen=True)
class Place:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """As in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine only. Of names only `localhost` is known to be."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def listening_place(text: str, *, beyond_loopback: bool) -> Place:
    """The place in `HOST:PORT`.

    Raises:
        ExportRefused: It is none, or is not on this machine only and that is not allowed.
    """
    return _place(f"//{text}", text, "HOST:PORT, as 127.0.0.1:9464", beyond_loopback)


def sending_place(url: str, *, beyond_loopback: bool) -> Place:
    """The place that an HTTP URL names.

    Raises:
        ExportRefused: It is none, or is not on this machine only and that is not allowed.
    """
    example = "a URL, as http://127.0.0.1:4318"
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise ExportRefused(f"{url!r} is not {example}")
    return _place(url, url, example, beyond_loopback, {"http": 80, "https": 443}[scheme])


def _place(
    url: str, text: str, example: str, beyond_loopback: bool, default_port: int | None = None
) -> Place:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port if parts.port is not None else default_port
    except ValueError as error:
        raise ExportRefused(f"{text!r} is not {example}: {error}") from error
    if not host or port is None:
        raise ExportRefused(f"{text!r} is not {example}")
    place = Place(host, port)
    if not place.is_loopback and not beyond_loopback:
        raise ExportRefused(f"{place} is not on this machine only; {ALLOW} allows it")
    return place
