"""What is under way with the targets of a fault, and so can be harmed by it."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.faults.protocol import Scene


def under_way(scene: Scene) -> Mapping[str, int]:
    """What is in flight with the targets of this injection: their own if they are of the load, else all there is.

    Only what such targets can have in flight is told: workers enqueue nothing, producers execute nothing.
    """
    groups = scene.cast.groups
    if set(scene.targets) <= set(groups.get("producers", ())):
        return {"enqueues_in_flight": scene.in_flight(scene.targets).enqueues}
    if set(scene.targets) <= set(groups.get("workers", ())):
        own = scene.in_flight(scene.targets)
        return {"executions_in_flight": own.executions, "acks_in_flight": own.acks}
    everything = scene.in_flight()
    return {
        "enqueues_in_flight": everything.enqueues,
        "executions_in_flight": everything.executions,
        "acks_in_flight": everything.acks,
    }
