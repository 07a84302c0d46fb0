"""The heartbeat of a run: the ledger is read on every beat, and whoever waits for a condition looks again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chaos.runner.live import LiveCounts

BEAT_S = 0.02


class Pulse:
    """Refreshes the live counts on every beat and wakes everyone who waits for something in them."""

    def __init__(self, live: LiveCounts) -> None:
        self._live = live
        self._beat: asyncio.Event = asyncio.Event()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            self._live.refresh()
            beat, self._beat = self._beat, asyncio.Event()
            beat.set()
            await asyncio.sleep(BEAT_S)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; it is asked on every beat."""
        while not condition():
            await self._beat.wait()
