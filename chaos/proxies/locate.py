"""Finding a Toxiproxy server on this machine: the one that was named, or the first there is."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chaos.parts.missing import Missing, PartNotFound
from chaos.proxies.errors import ProxyError
from chaos.proxies.fetch import cached_server
from chaos.proxies.pin import BUILT_FROM_SOURCE, MODULE, NEEDED_FOR, is_supported, pinned_version

BIN_VARIABLE = "CHAOS_TOXIPROXY"
SETUP = "chaos setup toxiproxy"

_ANSWER_WITHIN_S = 10.0


class ServerNotFoundError(PartNotFound, ProxyError):
    """There is no server to start."""


@dataclass(frozen=True)
class ServerProgram:
    """A server that can be started, its version, and how it was found."""

    path: Path
    version: str
    found_by: str


def find_server() -> ServerProgram:
    """The server to start: that of `CHAOS_TOXIPROXY`, else `toxiproxy-server` of PATH, else that of the cache.

    One that was named is used or refused, never passed over.

    Raises:
        ServerNotFoundError: There is none, or the named one can't be used.
    """
    if named := os.environ.get(BIN_VARIABLE):
        return _named(Path(named).expanduser())
    remark = "no `toxiproxy-server` is on PATH"
    if (found := shutil.which("toxiproxy-server")) is not None:
        version = program_version(Path(found))
        if version is not None and is_supported(version):
            return ServerProgram(Path(found).absolute(), version, "PATH")
        remark = f"{found} on PATH {_unusable(version)}"
    if (cached := cached_server()) is not None:
        return ServerProgram(cached, pinned_version(), "cache")
    raise ServerNotFoundError(
        f"no Toxiproxy server: {BIN_VARIABLE} names none, {remark}, and none is in the cache", SETUP
    )


def missing_server() -> list[Missing]:
    """What this machine lacks to put proxies between the parts of a run; empty if nothing."""
    try:
        find_server()
    except ServerNotFoundError as error:
        return [Missing(error.reason, NEEDED_FOR, error.mend)]
    return []


def check_version(version: str, url: str) -> None:
    """Refuse a running server that is too old. One that was built from its source does not tell its version.

    Raises:
        ProxyError: It is too old, or of a later major version.
    """
    if version != BUILT_FROM_SOURCE and not is_supported(version):
        raise ProxyError(f"the Toxiproxy server at {url} {_unusable(version)}")


def program_version(path: Path) -> str | None:
    """The version of a server, as it says or as Go noted when it built it; None if neither tells."""
    try:
        said = subprocess.run(
            [path, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_WITHIN_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = re.search(r"version (\S+)", said)
    if told is None:
        return None
    return _built_version(path) if told[1] == BUILT_FROM_SOURCE else told[1]


def _built_version(path: Path) -> str | None:
    """The version of the module that a program was built from, which Go leaves in it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        noted = re.search(rb"mod\t" + re.escape(MODULE.encode()) + rb"\tv([0-9][0-9.]*)", content)
        return noted[1].decode() if noted else None


def _named(path: Path) -> ServerProgram:
    if not path.is_file():
        raise ServerNotFoundError(
            f"{BIN_VARIABLE} names {path}, which is no file", "name the server's executable"
        )
    if not os.access(path, os.X_OK):
        raise ServerNotFoundError(f"{BIN_VARIABLE} names {path}, which is not executable", f"chmod +x {path}")
    version = program_version(path)
    if version is None or not is_supported(version):
        raise ServerNotFoundError(
            f"{BIN_VARIABLE} names {path}, which {_unusable(version)}", f"name another one, or {SETUP}"
        )
    return ServerProgram(path.absolute(), version, BIN_VARIABLE)


def _unusable(version: str | None) -> str:
    is_what = "does not tell its version" if version is None else f"is version {version}"
    return f"{is_what}, and 2.12.0 or a later 2.x is needed"
