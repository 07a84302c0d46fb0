"""Ctrl-C, SIGTERM, SIGHUP and SIGQUIT: they end what the run is doing, and then the run leaves in good order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
)


class Interruption:
    """Within this context a signal cancels what `cut_short` runs, and nothing else.

    Only the first signal counts: what is left to do after it is bounded, and to break that off would leave
    things behind.

    Attributes:
        signal_name: The signal that came; None while none has.
    """

    def __init__(self) -> None:
        self.signal_name: str | None = None
        self._ended = False
        self._task: asyncio.Task[None] | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()

        def handle(number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._interrupt, number)

        self._previous = {number: signal.signal(number, handle) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _interrupt(self, number: int) -> None:
        if self.signal_name is None:
            self.signal_name = signal.Signals(number).name
            if self._task is not None:
                self._task.cancel()

    def end_work(self) -> None:
        """End what `cut_short` runs, as a signal would, but for a reason that the caller knows."""
        self._ended = True
        if self._task is not None:
            self._task.cancel()

    async def cut_short(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this until it ends, or until a signal or `end_work` ends it."""
        self._task = asyncio.create_task(work)
        if self.signal_name is not None or self._ended:
            self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            if self.signal_name is None and not self._ended:
                raise
