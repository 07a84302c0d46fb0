"""What is under way with the targets of a fault, and so can be harmed by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chaos.faults.protocol import Scene


def under_way(scene: Scene, components: Iterable[str] | None = None) -> Mapping[str, int]:
    """What is in flight with these components: their own if they are of the load, else all there is.

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
    everything = scene.in_flight()
    return {
        "enqueues_in_flight": everything.enqueues,
        "executions_in_flight": everything.executions,
        "acks_in_flight": everything.acks,
    }
