"""Ctrl-C, SIGTERM and SIGHUP: they end what the run is doing, and then the run leaves in good order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass
class Interruption:
    """Which signal came first; None while none has."""

    signal_name: str | None = None


@asynccontextmanager
async def interrupting() -> AsyncIterator[Interruption]:
    """Within the block, the first signal cancels it; the block then ends without an error, and names the signal.

    Further signals are ignored: what is left to do is bounded, and breaking it off would leave things behind.
    """
    interruption = Interruption()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def interrupt(number: int) -> None:
        if interruption.signal_name is None:
            interruption.signal_name = signal.Signals(number).name
            task.cancel()

    previous = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, lambda n, _frame: loop.call_soon_threadsafe(interrupt, n))
    try:
        yield interruption
    except asyncio.CancelledError:
        if interruption.signal_name is None:
            raise
        task.uncancel()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
