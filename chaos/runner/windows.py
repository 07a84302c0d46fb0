"""The windows of the load, and the steady-state hypotheses that are asked in them.

The baseline lasts until the first fault is due, `during` until the last fault is undone, `after` until the load ends.
Without faults the whole load is baseline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from chaos.clock import now_ns
from chaos.experiment.model import HypothesisSpec, Window
from chaos.ledger.events import Event, PhaseEntered, ProbeSampled
from chaos.probes.protocol import Probe, ProbeScene

SAMPLE_EVERY_S = 0.5

Hypothesis = Probe[HypothesisSpec]


class Windows:
    """Which window of the load it is, and since when."""

    def __init__(self, record: Callable[[Event], None]) -> None:
        self._record = record
        self.current: Window | None = None
        self.started_ns = 0

    def enter(self, window: Window) -> None:
        """A window begins; the one before it ends."""
        self.current = window
        self.started_ns = now_ns()
        self._record(PhaseEntered(time_ns=self.started_ns, phase=f"load:{window}"))

    def close(self) -> None:
        """The load is over: no window is open."""
        self.current = None


class SteadyState:
    """Asks each hypothesis twice a second, in the windows where it must hold."""

    def __init__(
        self,
        hypotheses: Sequence[Hypothesis],
        windows: Windows,
        scene: ProbeScene,
        record: Callable[[Event], None],
    ) -> None:
        self._hypotheses = hypotheses
        self._windows = windows
        self._scene = scene
        self._record = record
        self._baseline: dict[str, list[bool]] = {
            hypothesis.name: [] for hypothesis in hypotheses if Window.BASELINE in hypothesis.spec.hold
        }

    async def watch(self) -> None:
        """Ask until cancelled, also if there is nothing to ask."""
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.Event().wait())
            for hypothesis in self._hypotheses:
                group.create_task(self._watch_one(hypothesis))

    async def _watch_one(self, hypothesis: Hypothesis) -> None:
        while True:
            await self._ask(hypothesis)
            await asyncio.sleep(SAMPLE_EVERY_S)

    async def _ask(self, hypothesis: Hypothesis) -> None:
        window, since_ns = self._windows.current, self._windows.started_ns
        if window is None or window not in hypothesis.spec.hold:
            return
        answer = await hypothesis.ask(self._scene)
        moved_on = (window, since_ns) != (self._windows.current, self._windows.started_ns)
        if answer is None or moved_on:
            return
        held = hypothesis.holds(answer)
        if window is Window.BASELINE:
            self._baseline[hypothesis.name].append(held)
        self._record(
            ProbeSampled(time_ns=now_ns(), hypothesis=hypothesis.name, window=window, value=answer, held=held)
        )

    async def baseline_failures(self) -> list[str]:
        """Why the baseline does not hold, a line each; empty if it does. Asks those that have not answered yet."""
        for hypothesis in self._hypotheses:
            if self._baseline.get(hypothesis.name) == []:
                await self._ask(hypothesis)
        failures = []
        for name, held in self._baseline.items():
            if not held:
                failures.append(f"{name}: the baseline was too short to ask it")
            elif not all(held):
                failures.append(f"{name}: did not hold in {held.count(False)} of {len(held)} samples")
        return failures
