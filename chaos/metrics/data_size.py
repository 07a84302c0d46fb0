"""`data-size`: how much the system's store takes on the disk."""

from __future__ import annotations

from chaos.experiment.metric_spec import SIZE, Better
from chaos.metrics.evidence import Evidence
from chaos.metrics.protocol import Measurement, Metric


class DataSize(Metric):
    """The data directories of all components of the system, each at its largest."""

    name = "data-size"
    unit = SIZE
    better = Better.LOWER
    summary = "what the system's data takes on the disk, at its largest"

    def measure(self, evidence: Evidence) -> Measurement:
        """From the samples."""
        largest: dict[str, int] = {}
        for sample in evidence.samples:
            if sample.data_bytes is not None:
                largest[sample.component] = max(sample.data_bytes, largest.get(sample.component, 0))
        if not largest:
            return Measurement.untold("no data directory of the system was sampled")
        return Measurement(sum(largest.values()))
