"""What a connection tells the ledger of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chaos.ledger.records import NO_JOB, Kind
from chaos.ledger.writer import LedgerWriteFailed, LedgerWriter
from chaos.load.client import QueueClient
from chaos.load.connection import Connection
from tests.load.conftest import PATIENCE_S, RUN, Launch, Queue, reader_plan, records, worker_plan

CONNECTED, DISCONNECTED = int(Kind.CONNECTED), int(Kind.DISCONNECTED)


def ledger_of(directory: Path) -> LedgerWriter:
    return LedgerWriter(directory, run=RUN, component="worker-1", incarnation=1)


def changes(ledger: Path, writer: str) -> NDArray[np.void]:
    return records(ledger, writer, Kind.CONNECTED, Kind.DISCONNECTED)


def test_each_link_that_comes_about_and_ends_is_recorded(queue: Queue, ledger: Path) -> None:
    async def come_and_go(connection: Connection) -> None:
        await connection.connected(PATIENCE_S)
        queue.kill()
        while connection.link is not None:  # noqa: ASYNC110 - a link that ends wakes nobody
            await asyncio.sleep(0.005)
        queue.start()
        await connection.connected(PATIENCE_S)

    async def run() -> None:
        with ledger_of(ledger) as writer:
            async with asyncio.timeout(PATIENCE_S), QueueClient(queue.address, writer) as client:
                await come_and_go(client.connection)

    asyncio.run(run())
    told = changes(ledger, "worker-1.1")
    assert told["kind"].tolist() == [CONNECTED, DISCONNECTED, CONNECTED, DISCONNECTED]
    assert set(told["job"].tolist()) == {NO_JOB}


def test_an_attempt_that_fails_is_no_connection(ledger: Path) -> None:
    async def run() -> None:
        with ledger_of(ledger) as writer:
            async with QueueClient("127.0.0.1:1", writer):
                await asyncio.sleep(0.2)  # several attempts long

    asyncio.run(run())
    assert len(changes(ledger, "worker-1.1")) == 0


def test_an_end_that_cannot_be_recorded_is_an_error(queue: Queue, ledger: Path) -> None:
    async def run() -> None:
        writer = ledger_of(ledger)
        async with QueueClient(queue.address, writer) as client:
            await client.connected(PATIENCE_S)
            writer.close()

    with pytest.raises(LedgerWriteFailed):
        asyncio.run(run())


def test_workers_record_their_connections_and_readers_do_not(
    queue: Queue, ledger: Path, launch: Launch
) -> None:
    worker = launch("worker", worker_plan(ledger, queue.address))
    worker.begin()
    worker.stopped()
    reader = launch("reader", reader_plan(ledger, queue.address))
    reader.begin()
    reader.done()
    assert changes(ledger, "worker-1.1")["kind"].tolist() == [CONNECTED, DISCONNECTED]
    assert len(changes(ledger, "reader.1")) == 0
