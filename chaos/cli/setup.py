"""`chaos setup [PART…]`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click

from chaos.parts.errors import PartError
from chaos.proxies.pin import NEEDED_FOR


@dataclass(frozen=True)
class Fetched:
    """A part that is there now: its version, its place, and where it came from."""

    version: str
    place: str
    source: str


@dataclass(frozen=True)
class Part:
    """A program that can be fetched.

    Attributes:
        summary: What it is for.
        fetch: Makes sure that it is there; its argument: fetch it even if it is.
        optional: Whether only those who name it need it; without it, the others are fetched all the same.
    """

    summary: str
    fetch: Callable[[bool], Fetched]
    optional: bool = False


def _fetch_reseolio(force: bool) -> Fetched:
    from chaos.systems.reseolio.fetch import fetch_core
    from chaos.systems.reseolio.pin import PACKAGE

    core = fetch_core(force=force)
    return Fetched(PACKAGE.version, str(core.path), core.source)


def _fetch_toxiproxy(force: bool) -> Fetched:
    from chaos.proxies.fetch import fetch_server
    from chaos.proxies.pin import pinned_version

    server = fetch_server(force=force)
    return Fetched(pinned_version(), str(server.path), server.source)


def _find_postgres(force: bool) -> Fetched:  # noqa: ARG001 - there is nothing to fetch anew
    """PostgreSQL comes with the machine or with an extra of this package: it is found, and not fetched."""
    from chaos.systems import postgres
    from chaos.systems.postgres.locate import find_server

    if lacking := postgres.missing(None):
        raise PartError(f"{lacking[0].what}; to mend it: {lacking[0].mend}")
    server = find_server()
    return Fetched(server.version, str(server.directory), server.found_by)


def _fetch_node(force: bool) -> Fetched:
    """Node.js comes with the machine or with an extra of this package; the SDK is fetched."""
    from chaos.load.node.locate import NodeNotFoundError, find_node
    from chaos.load.node.sdk import PACKAGE, fetch_sdk, pinned_version

    try:
        node = find_node()
    except NodeNotFoundError as error:
        raise PartError(str(error)) from error
    sdk = fetch_sdk(force=force)
    version = f"{node.version} (by {node.found_by}) with {PACKAGE} {pinned_version()}"
    return Fetched(version, str(sdk.path), sdk.source)


PARTS = {
    "reseolio": Part("the core of the system `reseolio`", _fetch_reseolio),
    "toxiproxy": Part(f"the Toxiproxy server, for {NEEDED_FOR}", _fetch_toxiproxy),
    "postgres": Part(
        "a PostgreSQL server, for `storage: postgres`: found, not fetched", _find_postgres, optional=True
    ),
    "node": Part(
        "the Node.js SDK of `reseolio`, for `runtime: node`; Node.js itself is found",
        _fetch_node,
        optional=True,
    ),
}

_LIST = "\n".join(f"  {name:11} {part.summary}" for name, part in PARTS.items())
_HELP = f"""Fetch the parts that experiments need, all of them or those named, into the cache.

\b
Parts:
{_LIST}

What is there and whole is kept. Each part is pinned, and verified before it is kept. CHAOS_CACHE moves the cache.
Exits with 2 if a part can't be had; one that only some experiments need must be named for that.
"""


@click.command("setup", help=_HELP)
@click.argument("parts", nargs=-1, metavar="[PART]...", type=click.Choice(list(PARTS)))
@click.option("--force", is_flag=True, help="Fetch a part even if it is there.")
def command(parts: tuple[str, ...], force: bool) -> None:
    """Fetch the parts."""
    failed = False
    for name in parts or tuple(PARTS):
        try:
            fetched = PARTS[name].fetch(force)
        except PartError as error:
            click.echo(f"{name}: {error}", err=True)
            failed = failed or bool(parts) or not PARTS[name].optional
        else:
            click.echo(f"{name} {fetched.version}: {fetched.place} (from {fetched.source})")
    if failed:
        raise SystemExit(2)
