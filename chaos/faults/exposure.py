"""What is under way with the targets of a fault, and so can be harmed by it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from chaos.clock import now_ns, seconds_between
from chaos.faults.protocol import NotConfirmed, Scene

_BUSY_WITHIN_S: Final = 5.0
_POLL_S: Final = 0.005


def under_way(scene: Scene, components: Iterable[str] | None = None) -> Mapping[str, int]:
    """What is in flight with these components: their own if they are of the load, else that of all whom they serve.

    Only what they can have in flight is told: workers enqueue nothing, producers execute nothing.

    Args:
        scene: Tells what is in flight.
        components: Whom it is about; without them, the targets of this injection.
    """
    groups = scene.cast.groups
    whom = set(scene.targets if components is None else components)
    if whom <= set(groups.get("producers", ())):
        return {"enqueues_in_flight": scene.in_flight(whom).enqueues}
    if whom <= set(groups.get("workers", ())):
        own = scene.in_flight(whom)
        return {"executions_in_flight": own.executions, "acks_in_flight": own.acks}
    everything = scene.in_flight(scene.cast.load_on(whom))
    return {
        "enqueues_in_flight": everything.enqueues,
        "executions_in_flight": everything.executions,
        "acks_in_flight": everything.acks,
    }


def could_get_stuck(evidence: Mapping[str, int]) -> Mapping[str, int]:
    """What was with workers, or on its way back from them, may be forgotten there: by what `under_way` told."""
    if "executions_in_flight" not in evidence:
        return {}
    return {"stuck": evidence["executions_in_flight"] + evidence["acks_in_flight"]}


async def until_busy(scene: Scene, names: Sequence[str]) -> list[str]:
    """Wait until one of these has something under way; those that have, then.

    Raises:
        NotConfirmed: None had, for 5 s.
    """
    start_ns = now_ns()
    while not (busy := [name for name in names if any(under_way(scene, [name]).values())]):
        if seconds_between(start_ns, now_ns()) > _BUSY_WITHIN_S:
            raise NotConfirmed(
                f"{', '.join(names)} had nothing under way for {_BUSY_WITHIN_S:g} s, so nothing could be harmed: "
                "put more load on the system"
            )
        await asyncio.sleep(_POLL_S)
    return busy
