"""Browsers that listen: each is sent the same messages, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

_MOST_UNREAD: Final = 100
_PROOF_OF_LIFE_S: Final = 15.0
_RETRY_MS: Final = 500


def as_event(name: str, value: Any) -> str:
    """A message: its name, and its value as JSON."""
    return f"event: {name}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n"


class Listeners:
    """Everybody who listens. Whoever reads too slowly is let go, and comes again by itself."""

    def __init__(self) -> None:
        self._listening: set[asyncio.Queue[str | None]] = set()
        self._new: set[asyncio.Queue[str | None]] = set()
        self._closed = False

    def tell(self, message: str) -> None:
        """Send a message to everybody who has the whole picture."""
        for queue in list(self._listening):
            self._put(queue, message)

    @property
    def somebody_is_new(self) -> bool:
        """Whether somebody has no picture yet."""
        return bool(self._new)

    def welcome(self, message: str) -> None:
        """Send the whole picture to those who are new."""
        new, self._new = self._new, set()
        self._listening |= new
        for queue in new:
            self._put(queue, message)

    async def listen(self) -> AsyncIterator[str]:
        """The messages for one more browser, until it leaves or `close` is called."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_MOST_UNREAD)
        self._new.add(queue)
        try:
            yield f"retry: {_RETRY_MS}\n\n"
            while not self._closed:
                try:
                    async with asyncio.timeout(_PROOF_OF_LIFE_S):
                        message = await queue.get()
                except TimeoutError:
                    message = ":\n\n"
                if message is None:
                    return
                yield message
        finally:
            self._new.discard(queue)
            self._listening.discard(queue)

    def close(self) -> None:
        """Send everybody away."""
        self._closed = True
        for queue in self._listening | self._new:
            self._put(queue, None)

    def _put(self, queue: asyncio.Queue[str | None], message: str | None) -> None:
        if queue.full():
            self._listening.discard(queue)
            while not queue.empty():
                queue.get_nowait()
            message = None
        queue.put_nowait(message)
