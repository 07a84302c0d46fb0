"""Conditions: a probe with a tolerance, waited for instead of asked for a verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chaos.experiment.tolerances import shown
from chaos.probes.protocol import ProbeScene
from chaos.runner.asking import AnyProbe, Unanswered, asked

_ASK_EVERY_S = 0.1


async def until_one_holds(conditions: Sequence[AnyProbe], scene: ProbeScene) -> str:
    """Ask each ten times a second until one of these holds; which one, and what its probe answered.

    Waits for ever if there is none. One that can't answer does not hold.
    """
    if not conditions:
        await asyncio.Event().wait()
    waits = [asyncio.ensure_future(_until_it_holds(condition, scene)) for condition in conditions]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def _until_it_holds(condition: AnyProbe, scene: ProbeScene) -> str:
    while True:
        answer = await asked(condition, scene)
        if answer is not None and not isinstance(answer, Unanswered) and condition.judge(answer).held:
            return f"{condition.name} (answer: {shown(answer)})"
        await asyncio.sleep(_ASK_EVERY_S)
