"""What the load felt of a fault by its own calls: told beside the evidence, never in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.clock import now_ns
from chaos.faults.protocol import Scene
from chaos.faults.signs import BEFORE_S, figures_of


class CallsFelt:
    """The calls of all producers and workers, before a fault and while it was on."""

    def __init__(self) -> None:
        self._begun_ns: int | None = None

    def begin(self) -> None:
        """The fault is injected now."""
        self._begun_ns = now_ns()

    def evidence(self, scene: Scene) -> Mapping[str, Any]:
        """What the calls saw until now; nothing if it never began."""
        if self._begun_ns is None:
            return {}
        load = scene.cast.load
        before = scene.calls(load, self._begun_ns - int(BEFORE_S * 1e9), self._begun_ns)
        during = scene.calls(load, self._begun_ns, now_ns())
        return {**figures_of(before, "before"), **figures_of(during, "during")}
