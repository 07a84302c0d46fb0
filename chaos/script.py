"""An experiment with its faults and probes made: what a run follows, and what its verdict is measured against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from chaos.experiment.model import Experiment, FaultSpec, HypothesisSpec
from chaos.faults.protocol import Fault
from chaos.faults.registry import fault_named
from chaos.probes.protocol import Probe
from chaos.probes.registry import probe_named


@dataclass(frozen=True)
class Script:
    """The parts of an experiment that act and ask, with the names that they have in this run."""

    experiment: Experiment
    faults: tuple[tuple[str, Fault[FaultSpec]], ...]
    probes: tuple[Probe[HypothesisSpec], ...]

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The script of an experiment. Faults without a name are named after their kind: `kill`, `kill-2`."""
        faults = [fault_named(spec.fault)(spec) for spec in experiment.faults]
        names = _distinct([spec.name or spec.fault for spec in experiment.faults])
        probes = tuple(probe_named(spec.probe)(spec) for spec in experiment.steady_state)
        return cls(experiment, tuple(zip(names, faults, strict=True)), probes)

    def problems(self, components: Collection[str]) -> list[str]:
        """What can't be done with these components on this machine, a line each, by fault or hypothesis."""
        found = [
            f"faults: {name}: {problem}"
            for name, fault in self.faults
            for problem in fault.problems(components)
        ]
        for probe in self.probes:
            target = getattr(probe.spec, "target", None)
            if target is not None and target not in components:
                found.append(
                    f"steady-state: {probe.name}: no component named {target!r}; "
                    f"this run has {', '.join(sorted(components))}"
                )
        for name, number in Counter(probe.name for probe in self.probes).items():
            if number > 1:
                found.append(
                    f"steady-state: {number} hypotheses are called {name!r}; give them a `name` each"
                )
        return found


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with `-2`, `-3`, … behind those that came before."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return distinct
