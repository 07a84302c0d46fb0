"""Where something listens, as an experiment names it: `host:port` and URLs. Only this machine itself is targeted."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from typing import NamedTuple


class Endpoint(NamedTuple):
    """A host and a port of it."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


_PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself for certain: a name may lead anywhere, but for `localhost`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def endpoint_of_address(text: str) -> Endpoint:
    """What `host:port` says.

    Raises:
        ValueError: It says something else; the message says how to write it.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise ValueError("this is no address; write host and port, such as `127.0.0.1:5432`")
    return Endpoint(match["six"] or match["host"], int(match["port"]))


def endpoint_of_url(text: str) -> Endpoint:
    """Where a URL of HTTP leads.

    Raises:
        ValueError: It is none; the message says how to write one. It never repeats the text, which may hold a password.
    """
    try:
        parts = urllib.parse.urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urllib.parse.SplitResult("", "", "", "", ""), None
    if parts.scheme not in _PORTS or not parts.hostname or not text.isascii() or re.search(r"\s", text):
        raise ValueError("this is no URL of HTTP; write one such as `http://127.0.0.1:8080/health`")
    return Endpoint(parts.hostname, port or _PORTS[parts.scheme])
