"""A real PostgreSQL server, in a place where the user that it runs as may pass."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chaos.ledger.events import Event
from chaos.processes.component import Component
from chaos.runner.components import SystemComponent
from chaos.systems import postgres
from chaos.systems.postgres.cluster import Cluster
from chaos.systems.postgres.locate import Server, find_server


def skip_without_postgres() -> None:
    """Skip a test, by the name of what is missing."""
    if missing := postgres.missing(None):
        pytest.skip(f"{missing[0].what}; {missing[0].mend}")


@pytest.fixture
def server() -> Server:
    """The server of this machine, installed or of the extra `postgres`."""
    skip_without_postgres()
    return find_server()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory below one that everybody may pass: pytest's own is root's alone."""
    with tempfile.TemporaryDirectory(prefix="chaos-test-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


@asynccontextmanager
async def running(server: Server, place: Path) -> AsyncIterator[tuple[Cluster, SystemComponent]]:
    """A server of one's own, from its start to its end, and all that it leaves taken away."""
    cluster = Cluster(server, place / "system")
    spec = cluster.component()
    component = SystemComponent(spec, Component(spec.name, _ignored), place / "logs")
    try:
        await component.start()
        yield cluster, component
    finally:
        await component.stop()
        for deed in spec.undo:
            await asyncio.to_thread(deed.carry_out)


def _ignored(_: Event) -> None:
    """Nobody listens."""
