from __future__ import annotations

import asyncio

import grpc.aio
import pytest

from chaos.processes.ports import LOOPBACK, free_port
from chaos.proxies.asking import WrongAnswerError, lists_jobs


async def _server(answer: bytes) -> tuple[asyncio.Server, str]:
    """A server that answers anything with these bytes and closes the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    return server, f"{LOOPBACK}:{server.sockets[0].getsockname()[1]}"


async def test_a_core_answers(core: str) -> None:
    await lists_jobs(core)


async def test_where_nobody_listens_the_connection_is_refused() -> None:
    with pytest.raises(ConnectionRefusedError):
        await lists_jobs(f"{LOOPBACK}:{free_port()}")


async def test_a_connection_that_is_closed_before_the_answer_is_told() -> None:
    server, address = await _server(b"")
    async with server:
        with pytest.raises(EOFError, match="before the answer"):
            await lists_jobs(address)


async def test_what_breaks_the_protocol_gives_a_wrong_answer() -> None:
    server, address = await _server(bytes(9))  # a frame of data that belongs to no call
    async with server:
        with pytest.raises(WrongAnswerError, match="speaks no HTTP/2"):
            await lists_jobs(address)


async def test_a_server_that_does_not_know_the_call_gives_a_wrong_answer() -> None:
    server = grpc.aio.server()
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    await server.start()
    try:
        with pytest.raises(WrongAnswerError, match="status 12"):
            await lists_jobs(f"{LOOPBACK}:{port}")
    finally:
        await server.stop(None)
