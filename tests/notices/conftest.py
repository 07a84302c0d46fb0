"""A notice, and a server that never answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from chaos.notices.notice import Event, Notice

NOTICE = Notice(
    Event.FAILED, "nightly", "2026-11-24T03:30:00+00:00", "failed", "nightly failed", ("loss: 6 jobs <&>",)
)
SOON_S = 0.01


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
