"""Calls that block, made beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Taken = ParamSpec("Taken")
Given = TypeVar("Given")


async def in_thread(call: Callable[Taken, Given], *args: Taken.args, **kwargs: Taken.kwargs) -> Given:
    """What a call returns that is made in a thread.

    A caller that is cancelled, however often, still waits for the call under way, so that what it does next, which is
    to undo it, does not overtake it.
    """
    calling = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    cancelled: asyncio.CancelledError | None = None
    while not calling.done():
        try:
            await asyncio.wait([calling])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return calling.result()
    calling.exception()  # nobody else will ask for it
    raise cancelled
