"""The words that experiment files may use: every system, probe, fault and metric that is registered."""

from __future__ import annotations

from chaos.experiment.vocabulary import Vocabulary
from chaos.faults.registry import FAULTS
from chaos.metrics.registry import METRICS
from chaos.probes.registry import PROBES
from chaos.systems.registry import SYSTEMS


def vocabulary() -> Vocabulary:
    """The vocabulary of this installation."""
    return Vocabulary(
        systems={name: system.spec_model for name, system in SYSTEMS.available().items()},
        probes={name: probe.spec_model for name, probe in PROBES.available().items()},
        faults={name: fault.spec_model for name, fault in FAULTS.available().items()},
        metrics={name: metric.words() for name, metric in METRICS.available().items()},
    )
