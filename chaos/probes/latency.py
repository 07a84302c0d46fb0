"""`latency`: how long do jobs take?"""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, Field

from chaos.clock import now_ns
from chaos.experiment.answers import NumberSpec
from chaos.experiment.units import DURATION, SHARE, Duration, Quantity, Share, wrong
from chaos.probes.protocol import Answer, NoAnswer, Probe, ProbeScene


def _above_none(share: float) -> float:
    if share == 0:
        raise wrong("a quantile lies above 0% and is at most 100%, such as `99%`")
    return share


class LatencySpec(NumberSpec[Duration]):
    """A quantile of how long jobs took, from the moment when each was due until its success was acknowledged."""

    quantile: Annotated[Share, AfterValidator(_above_none)] = Field(
        0.99, description="the share of the jobs that took no longer: `50%` is the median"
    )
    over_s: Annotated[Duration, DURATION.within("100ms", "1min")] = Field(
        5.0, alias="over", description="the sliding time in which the jobs were completed"
    )

    @property
    def quantity(self) -> Quantity:
        """How long."""
        return DURATION

    @property
    def needs_s(self) -> float:
        """The sliding time must fit into the window."""
        return self.over_s


class Latency(Probe[LatencySpec]):
    """Reads the ledger. Says nothing until a window is as old as the sliding time."""

    spec_model = LatencySpec
    summary = "a quantile of how long jobs took that were completed lately"
    example = "{probe: latency, quantile: 99%, over: 5s, at-most: 500ms}"
    reads_latencies = True

    @property
    def subject(self) -> str:
        """The quantile."""
        return f"{SHARE.write(self.spec.quantile)} latency"

    async def ask(self, scene: ProbeScene) -> Answer | None:
        """The quantile over the jobs completed in the sliding time up to now, in seconds."""
        end_ns = now_ns()
        start_ns = end_ns - int(self.spec.over_s * 1e9)
        if start_ns < scene.window_started_ns:
            return None
        took_s = sorted(scene.latencies_between(start_ns, end_ns))
        if not took_s:
            raise NoAnswer(f"no job was completed in the last {DURATION.write(self.spec.over_s)}")
        return took_s[math.ceil(self.spec.quantile * len(took_s)) - 1]
