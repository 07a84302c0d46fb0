"""One real question to a PostgreSQL server, over a connection of its own, as network faults ask it."""

from __future__ import annotations

import asyncio

from chaos.proxies.asking import WrongAnswerError

_SSL_REQUEST = (8).to_bytes(4, "big") + (80_877_103).to_bytes(4, "big")
_ANSWERS = (b"S", b"N")


async def speaks_postgres(address: str) -> None:
    """Ask the server at `host:port` whether it takes TLS: the process that it starts for each connection answers.

    It takes no password, and one round trip.

    Raises:
        OSError: The connection was refused or reset.
        EOFError: It was closed before the answer.
        WrongAnswerError: What came is no answer of such a server.
    """
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(_SSL_REQUEST)
        answer = await reader.read(1)
    finally:
        writer.transport.abort()
    if not answer:
        raise EOFError("the connection was closed before the answer")
    if answer not in _ANSWERS:
        raise WrongAnswerError(f"{address} is no PostgreSQL server: it answers {answer!r}")
