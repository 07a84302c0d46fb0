"""`memory-growth`: whether a component of the system takes more and more memory."""

from __future__ import annotations

from chaos.experiment.metric_spec import GROWTH_AN_HOUR, Better, Levels
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric
from chaos.monitor.growth import Growth, TooShort, growth, steady_stretches

_MB = 1e6


class MemoryGrowth(Metric):
    """The resident memory of the component that grows most, an hour, over the steady part of the load."""

    name = "memory-growth"
    unit = GROWTH_AN_HOUR
    better = Better.LOWER
    summary = "how much more memory the system's fastest growing component takes in an hour"
    levels = Levels(target=0.0, acceptable=10 * _MB, critical=50 * _MB)

    def measure(self, evidence: Evidence) -> Measurement:
        """A run that is too short to tell it says so, also of one component: it might be the one that grows most."""
        found = {
            component: self._growth_of(component, evidence)
            for component in dict.fromkeys(sample.component for sample in evidence.samples)
        }
        if not found:
            return Measurement.untold("no component of the system was sampled")
        too_short = [f"{name}: {each}" for name, each in found.items() if isinstance(each, TooShort)]
        if too_short:
            return Measurement.untold("; ".join(too_short))
        told = {name: each for name, each in found.items() if isinstance(each, Growth)}
        fastest = max(told, key=lambda name: told[name].per_hour)
        grown = told[fastest]
        return Measurement(grown.per_hour, fastest, uncertainty=(grown.high - grown.low) / 2)

    @staticmethod
    def _growth_of(component: str, evidence: Evidence) -> Growth | TooShort:
        end_ns = evidence.story.phase_ns("heal") or evidence.story.events[-1].time_ns
        stretches = steady_stretches(
            (sample for sample in evidence.samples if sample.component == component),
            lambda sample: sample.resident_bytes,
            start_ns=evidence.story.load_start_ns,
            end_ns=end_ns,
        )
        return growth(stretches)
