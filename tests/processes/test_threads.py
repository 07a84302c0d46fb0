"""A call in a thread is over when its await is, also when that was cancelled."""

from __future__ import annotations

import asyncio
import threading

import pytest

from chaos.processes.threads import in_thread


async def test_it_returns_what_the_call_returns_and_raises_what_it_raises() -> None:
    assert await in_thread(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 7, 0)


@pytest.mark.parametrize("times", [1, 2])
async def test_who_is_cancelled_waits_for_the_call_under_way(times: int) -> None:
    begun, may_end, done = threading.Event(), threading.Event(), list[str]()

    def call() -> None:
        begun.set()
        may_end.wait(5)
        done.append("call")
        raise ValueError("nobody hears of this")

    waiting = asyncio.create_task(in_thread(call))
    await asyncio.to_thread(begun.wait, 5)
    for _ in range(times):
        waiting.cancel()
        await asyncio.sleep(0.01)
    assert not waiting.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert done == ["call"]
