"""Asking a probe once, in a bounded time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from chaos.experiment.model import HypothesisSpec
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene

AnyProbe = Probe[HypothesisSpec]


@dataclass(frozen=True)
class Unanswered:
    """A probe was asked and did not answer."""

    why: str


async def asked(probe: AnyProbe, scene: ProbeScene) -> Answer | Unanswered | None:
    """What a probe answers now, or why it does not; None where it can't tell yet."""
    try:
        async with asyncio.timeout(probe.within_s):
            answer = await probe.ask(scene)
    except NoAnswer as error:
        return Unanswered(str(error))
    except TimeoutError:
        return Unanswered(f"no answer within {probe.within_s:g} s")
    if isinstance(answer, float) and not math.isfinite(answer):
        return Unanswered(f"it is {answer}, which is no finite number")
    return answer
