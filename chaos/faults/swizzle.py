"""`swizzle`: workers are cut off one after the other, and come back in another order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from chaos.clock import now_ns, seconds_between
from chaos.experiment.targets import Cast, Target, TargetText
from chaos.experiment.units import DURATION, Duration
from chaos.faults.disconnect import CutOffFault, CutOffSpec, links_of
from chaos.faults.exposure import under_way
from chaos.faults.links import each, refusals
from chaos.faults.protocol import Evidence, Link, NotConfirmed, Scene


class SwizzleSpec(CutOffSpec):
    """Cuts workers off one by one and lets them back in an order drawn from the seed, evenly spread over its time."""

    target: TargetText = Field(
        Target("workers"), description="who is cut off", examples=["workers", "3 of workers"]
    )
    for_s: Annotated[Duration, DURATION.within("100ms")] = Field(
        2.0,
        alias="for",
        description="from the first cut to the last return; the others are evenly spread between them",
    )


class Swizzle(CutOffFault[SwizzleSpec]):
    """Cuts one target after the other until all are cut off, and then lets one after the other back.

    With n targets there are 2n - 1 equal gaps from the first cut to the last return. `inject` makes the first cut, the
    others happen while the fault is on, and `revert` is the last return.
    """

    spec_model = SwizzleSpec
    summary = "workers are cut off one after the other, and come back in an order drawn from the seed"
    evidence = "what each target had under way when it was cut, and its new connections, which are refused"
    example: ClassVar[str] = """\
fault: swizzle
target: workers
at: 30% of jobs
for: 2s
"""

    def __init__(self, spec: SwizzleSpec) -> None:
        super().__init__(spec)
        self._cut: list[str] = []
        self._returned: list[str] = []
        self._exposed: Counter[str] = Counter()

    def problems(self, cast: Cast) -> list[str]:
        """Nobody of that name, somebody who can't be cut off, or only one."""
        found = super().problems(cast)
        if not found and len(self.choose(cast, lambda _: 0.0)) == 1:
            found.append(
                f"`{self.spec.target}` is one alone, and there is no order to return in; use `disconnect`"
            )
        return found

    def first(self, scene: Scene) -> Sequence[Link]:
        """The connections of the first target."""
        return links_of(scene, scene.targets[:1])

    async def moment(self, scene: Scene) -> None:
        """Wait until the first target has something under way."""
        await super().moment(scene)
        self._expose(scene, scene.targets[0])

    async def sustain(self, scene: Scene) -> None:
        """Cut the others off, and let all but the last one back."""
        gap_s = self.gap_s(scene)
        returning = sorted(scene.targets, key=lambda name: scene.draw(f"return/{name}"))
        steps = [*((name, True) for name in scene.targets[1:]), *((name, False) for name in returning)]
        for number, (name, cuts) in enumerate(steps, start=1):
            await asyncio.sleep(max(0.0, number * gap_s - seconds_between(scene.injected_ns, now_ns())))
            if number == len(steps):
                return
            await (self._cut_off(scene, name) if cuts else self._let_back(scene, name))

    async def revert(self, scene: Scene) -> Evidence:
        """Let everybody back who is still cut off."""
        evidence = await super().revert(scene)
        left = [name for name in self._cut if name not in self._returned]
        return {
            **evidence,
            **self._exposed,
            "cut": self._cut,
            "returned": [*self._returned, *left],
            "gap_ms": round(1000 * self.gap_s(scene), 3),
        }

    def gap_s(self, scene: Scene) -> float:
        """The time from one cut or return to the next."""
        return self.spec.for_s / (2 * len(scene.targets) - 1)

    async def _cut_off(self, scene: Scene, name: str) -> None:
        """Cut one target off, and see that it is.

        Raises:
            NotConfirmed: It still gets through.
        """
        links = links_of(scene, [name])
        sign = refusals(links)
        await sign.read_before()
        self._expose(scene, name)
        await each(self.change().make(link) for link in links)
        if not await sign.shows():
            read = ", ".join(f"{figure} {value}" for figure, value in sign.evidence().items())
            raise NotConfirmed(f"{name} was cut off, and its links did not show it: {read}")

    async def _let_back(self, scene: Scene, name: str) -> None:
        await each(self.change().unmake(link) for link in links_of(scene, [name]))
        self._returned.append(name)

    def _expose(self, scene: Scene, name: str) -> None:
        """Note whom is about to be cut off, and what was under way with it."""
        self._cut.append(name)
        self._exposed.update(under_way(scene, [name]))
