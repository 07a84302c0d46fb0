"""The names an experiment may use for systems, probes, faults and metrics. The registries above fill it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaos.experiment.metric_spec import MetricWords
from chaos.experiment.model import FaultSpec, HypothesisSpec, SystemSpec


@dataclass(frozen=True)
class Vocabulary:
    """What may stand under `system`, `steady-state`, `faults`, `verify.metrics` and `grades`, by name.

    Attributes:
        systems: What may be said of each system.
        probes: What may be said of each probe, its tolerance included.
        faults: What may be said of each fault.
        metrics: What may be said of each metric.
    """

    systems: Mapping[str, type[SystemSpec]]
    probes: Mapping[str, type[HypothesisSpec]]
    faults: Mapping[str, type[FaultSpec]]
    metrics: Mapping[str, MetricWords]
