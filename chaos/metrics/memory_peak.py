"""`memory-peak`: how much memory the system took at most."""

from __future__ import annotations

from chaos.experiment.metric_spec import SIZE, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class MemoryPeak(Metric):
    """The resident memory of the system's component that took the most, at its highest."""

    name = "memory-peak"
    unit = SIZE
    better = Better.LOWER
    summary = "most resident memory of one of the system's components"

    def measure(self, evidence: Evidence) -> Measurement:
        """From the samples."""
        highest = max(evidence.samples, key=lambda sample: sample.resident_bytes, default=None)
        if highest is None:
            return Measurement.untold("no component of the system was sampled")
        return Measurement(highest.resident_bytes, highest.component)
