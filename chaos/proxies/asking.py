"""One real gRPC request over a connection of its own, whose failures are the operating system's words.

A gRPC client connects when it likes, waits for the server's settings before it asks, and tells a refused, a reset and
a closed connection apart only in prose that changes between versions. This one connects, sends its request at once,
and waits for the answer: one round trip, so that a delay on the way shows once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from h2.connection import H2Connection
    from h2.events import Event

Asker = Callable[[str], Awaitable[None]]
"""Connects to `host:port`, asks one real question of the server behind it, and returns once it is answered.

Whoever speaks another protocol brings an asker of its own. It raises what the operating system raises
(`ConnectionRefusedError`, `ConnectionResetError`), `EOFError` if the connection was closed without an answer, and
`WrongAnswerError`.
"""

_BLOCK_BYTES = 65_536
_STREAM = 1


class WrongAnswerError(Exception):
    """Something answered, but not as the server should; the message says what."""


def load() -> None:
    """Load what a request needs, and make one, so that the first takes no longer than the others."""
    import chaos.wire.methods  # noqa: F401

    _request("127.0.0.1:1", "/", b"").data_to_send()


async def lists_jobs(address: str) -> None:
    """Ask a core of the wire contract for one job.

    Raises:
        OSError: The connection was refused or reset.
        EOFError: It was closed before the answer.
        WrongAnswerError: What came is no answer of such a core, or an error.
    """
    from chaos.wire import reseolio_pb2 as pb
    from chaos.wire.methods import LIST_JOBS

    await _call(address, LIST_JOBS.path, pb.ListJobsRequest(limit=1).SerializeToString())


async def _call(address: str, path: str, message: bytes) -> None:
    from h2.exceptions import ProtocolError

    host, _, port = address.rpartition(":")
    http = _request(address, path, message)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(http.data_to_send())
        await _answer(reader, writer, http)
    except ProtocolError as error:
        raise WrongAnswerError(f"{address} speaks no HTTP/2: {error}") from error
    finally:
        writer.transport.abort()  # at once: an answer was had, or none will be


def _request(address: str, path: str, message: bytes) -> H2Connection:
    """A connection with a whole request to send."""
    from h2.connection import H2Connection

    http = H2Connection()
    http.initiate_connection()
    http.send_headers(_STREAM, _headers(address, path))
    http.send_data(_STREAM, b"\0" + len(message).to_bytes(4, "big") + message, end_stream=True)
    return http


def _headers(address: str, path: str) -> list[tuple[str, str]]:
    return [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", address),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, http: H2Connection) -> None:
    """Read until the call has ended well."""
    while True:
        received = await reader.read(_BLOCK_BYTES)
        if not received:
            raise EOFError("the connection was closed before the answer")
        if _has_ended(http.receive_data(received), http):
            return
        writer.write(http.data_to_send())


def _has_ended(events: Iterable[Event], http: H2Connection) -> bool:
    """Whether the call has ended, and well; what was received is made room for."""
    from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamReset, TrailersReceived

    for event in events:
        if isinstance(event, DataReceived):
            http.acknowledge_received_data(event.flow_controlled_length, _STREAM)
        elif isinstance(event, ResponseReceived | TrailersReceived):
            if (status := dict(event.headers).get(b"grpc-status")) is not None:
                _must_be_ok(status, dict(event.headers))
                return True
        elif isinstance(event, StreamReset | ConnectionTerminated):
            raise EOFError(f"the server ended the call: {event.error_code}")
    return False


def _must_be_ok(status: bytes, headers: Mapping[bytes, bytes]) -> None:
    if status != b"0":
        message = headers.get(b"grpc-message", b"").decode(errors="replace")
        raise WrongAnswerError(f"the server answered with status {status.decode()} {message}".strip())
