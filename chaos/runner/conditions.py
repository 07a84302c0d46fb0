"""Conditions: a probe with a tolerance, waited for instead of asked for a verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chaos.experiment.model import HypothesisSpec
from chaos.probes.protocol import Probe, ProbeScene

_ASK_EVERY_S = 0.1


async def until_one_holds(conditions: Sequence[Probe[HypothesisSpec]], scene: ProbeScene) -> str:
    """Ask ten times a second until one of these holds; which one, and what its probe answered.

    Waits for ever if there is none.
    """
    if not conditions:
        await asyncio.Event().wait()
    while True:
        for condition in conditions:
            answer = await condition.ask(scene)
            if answer is not None and condition.holds(answer):
                shown = f"{answer:g}" if isinstance(answer, float) else str(answer).lower()
                return f"{condition.name} (answer: {shown})"
        await asyncio.sleep(_ASK_EVERY_S)
