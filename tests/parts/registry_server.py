"""A package registry on this machine, as good or as bad as a test wants it, and packages to put there."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chaos.parts.npm import Package


@dataclass
class RegistryServer:
    """What it answers to any request: one answer after the other, the last one for ever.

    Attributes:
        url: Where it is.
        answers: Each a status, a body, and how many bytes of the body are really sent.
        asked: The paths it was asked for.
    """

    url: str
    answers: list[tuple[int, bytes, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def serve(self, body: bytes, status: int = 200, sent_bytes: int | None = None) -> None:
        """Add an answer."""
        self.answers.append((status, body, len(body) if sent_bytes is None else sent_bytes))


@contextlib.contextmanager
def running_registry() -> Iterator[RegistryServer]:
    """A registry that answers while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append(self.path)
            status, body, sent_bytes = (
                registry.answers.pop(0) if len(registry.answers) > 1 else registry.answers[0]
            )
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:sent_bytes])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry = RegistryServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def tarball_of(files: dict[str, bytes]) -> bytes:
    """A package's tarball."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def package_of(tarball: bytes, name: str = "a-queue", version: str = "1.2.3") -> Package:
    """The pin of a tarball."""
    digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    return Package(name, version, f"sha512-{digest}")
