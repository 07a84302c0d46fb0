"""An experiment with its faults and probes made: what a run follows, and what its verdict is measured against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from chaos.experiment.endpoints import is_loopback
from chaos.experiment.model import Experiment, FaultSpec, HypothesisSpec, Runtime
from chaos.experiment.succession import fault_names
from chaos.experiment.targets import CORES, Cast, NobodyChosen
from chaos.experiment.units import BYTES
from chaos.experiment.wording import KeyPath
from chaos.faults.protocol import Fault, OwnDisk
from chaos.faults.registry import fault_named
from chaos.load.runtimes import RUNTIMES
from chaos.monitor.log_rules import FOR_EVERY_COMPONENT
from chaos.parts.missing import Missing
from chaos.probes.protocol import Probe
from chaos.probes.registry import probe_named
from chaos.proxies.locate import missing_server
from chaos.registry import unknown
from chaos.systems.registry import system_named

_REMOTE = (
    "{} is not on this machine for certain; ask 127.0.0.1, [::1] or localhost, or allow other machines twice: with "
    "`allow-remote: true` in the experiment and `--allow-remote` on the command line"
)

ScriptedFault = Fault[FaultSpec]
ScriptedProbe = Probe[HypothesisSpec]


@dataclass(frozen=True)
class Script:
    """The parts of an experiment that act and ask, with the names that they have in this run.

    Attributes:
        experiment: What the parts were made from.
        faults: Each fault with its name, in the experiment's order.
        probes: The steady-state hypotheses.
        conditions: The condition of each fault that waits for one, by the fault's name.
        stop_when: The conditions that halt the run.
    """

    experiment: Experiment
    faults: tuple[tuple[str, ScriptedFault], ...]
    probes: tuple[ScriptedProbe, ...]
    conditions: Mapping[str, ScriptedProbe]
    stop_when: tuple[ScriptedProbe, ...]

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The script of an experiment. Faults without a name are named after their kind: `kill`, `kill-2`."""
        faults = [fault_named(spec.fault)(spec) for spec in experiment.faults]
        names = fault_names(experiment.faults)
        return cls(
            experiment=experiment,
            faults=tuple(zip(names, faults, strict=True)),
            probes=_made(experiment.steady_state),
            conditions={
                name: _made([fault.spec.when])[0]
                for name, fault in zip(names, faults, strict=True)
                if fault.spec.when is not None
            },
            stop_when=_made(experiment.stop_when),
        )

    @property
    def all_probes(self) -> tuple[ScriptedProbe, ...]:
        """Those of the hypotheses, and those of conditions."""
        return (*self.probes, *self.conditions.values(), *self.stop_when)

    def problems(
        self, cast: Cast, toxiproxy_url: str | None = None, *, allow_remote: bool = False
    ) -> list[tuple[KeyPath, str]]:
        """What can't be done with this cast on this machine: where it stands in the experiment, and why.

        Args:
            cast: Who takes part.
            toxiproxy_url: A Toxiproxy server that is there already, so that none need be had.
            allow_remote: The command line allows that other machines are asked; the experiment must, too.
        """
        broken = list(self._fault_problems(cast, toxiproxy_url))
        found = broken or list(self._disks_of_two_sizes(cast))
        asked = self._probe_problems(cast, allow_remote and self.experiment.allow_remote)
        return list(dict.fromkeys([*self._runtime_problems(), *found, *asked, *self._names_taken_twice()]))

    def _runtime_problems(self) -> Iterator[tuple[KeyPath, str]]:
        load = self.experiment.load
        chosen: dict[KeyPath, Runtime] = {
            ("load", "workers", "runtime"): load.workers.runtime,
            ("load", "producer-runtime"): load.producer_runtime,
        }
        for path, runtime in chosen.items():
            for lack in RUNTIMES[runtime].missing():
                yield path, str(lack)

    def _fault_problems(self, cast: Cast, toxiproxy_url: str | None) -> Iterator[tuple[KeyPath, str]]:
        for index, (_, fault) in enumerate(self.faults):
            for lack in lacking(type(fault), toxiproxy_url):
                yield ("faults", index, "fault"), str(lack)
            for problem in fault.problems(cast):
                yield (("faults", index, fault.spec.aim) if fault.spec.aim else ("faults", index)), problem

    def _probe_problems(self, cast: Cast, allow_remote: bool) -> Iterator[tuple[KeyPath, str]]:
        asked: list[tuple[KeyPath, ScriptedProbe]] = [
            *((("steady-state", index), probe) for index, probe in enumerate(self.probes)),
            *((("stop-when", index), probe) for index, probe in enumerate(self.stop_when)),
            *(
                (("faults", index, "when"), self.conditions[name])
                for index, (name, _) in enumerate(self.faults)
                if name in self.conditions
            ),
        ]
        for path, probe in asked:
            problems = [*_target_problems(probe, cast), *self._unknown_rules(probe), *probe.problems(cast)]
            if not problems and not allow_remote:
                problems = [
                    (key, _REMOTE.format(where))
                    for key, where in probe.destinations()
                    if not is_loopback(where.host)
                ]
            yield from (((*path, key), problem) for key, problem in problems)

    def _unknown_rules(self, probe: ScriptedProbe) -> Iterator[tuple[str, str]]:
        """A rule that the system does not have would never count anything."""
        spec = self.experiment.system
        rules = [*FOR_EVERY_COMPONENT, *(rule.name for rule in system_named(spec.name).log_rules)]
        for key, rule in probe.named_rules():
            if rule not in rules:
                yield key, unknown(f"rule for the logs of {spec.name}", rule, rules)

    def _disks_of_two_sizes(self, cast: Cast) -> Iterator[tuple[KeyPath, str]]:
        """A component has one disk, made once, at the start of the run."""
        sizes: dict[str, int] = {}
        for index, (_, fault) in enumerate(self.faults):
            for need in fault.preparations(cast):
                if isinstance(need, OwnDisk) and sizes.setdefault(need.component, need.size_bytes) != (
                    need.size_bytes
                ):
                    other = BYTES.write(sizes[need.component])
                    yield (
                        ("faults", index),
                        f"{need.component} has a disk of {other} by a fault above; give this one the same size",
                    )

    def _names_taken_twice(self) -> Iterator[tuple[KeyPath, str]]:
        for name, number in Counter(probe.name for probe in self.probes).items():
            if number > 1:
                yield ("steady-state",), f"{number} hypotheses are called {name!r}; give them a `name` each"


def _target_problems(probe: ScriptedProbe, cast: Cast) -> Iterator[tuple[str, str]]:
    """A target that is nobody, or several."""
    target = getattr(probe.spec, "target", None)
    if target is None:
        return
    try:
        members = cast.members(target)
    except NobodyChosen as error:
        yield "target", str(error)
    else:
        if members != (target,):
            many = ", ".join(members) or "there is none"
            yield "target", f"{target} is a group; a probe asks one component: {many}"


def lacking(fault: type[Fault[Any]], toxiproxy_url: str | None = None) -> list[Missing]:
    """What this machine lacks to do a fault; empty if nothing.

    Args:
        fault: The fault.
        toxiproxy_url: A Toxiproxy server that is there already, so that none need be had.
    """
    needs_server = fault.through_proxies and toxiproxy_url is None
    return [*fault.missing(), *(missing_server() if needs_server else [])]


def cast_of(experiment: Experiment) -> Cast:
    """Who takes part in a run of this experiment, told without preparing anything.

    Each producer and worker connects to one core, by turns; each core connects to every database.
    """
    load, spec = experiment.load, experiment.system
    groups = dict(system_named(spec.name).component_groups(spec))
    clients = {
        "producers": load.producer_names,
        "workers": tuple(f"worker-{n + 1}" for n in range(load.workers.count)),
    }
    cores, databases = groups.get(CORES, ()), groups.get("databases", ())
    links = [
        (name, cores[number % len(cores)])
        for members in clients.values()
        for number, name in enumerate(members)
        if cores
    ]
    links += [(core, database) for core in cores for database in databases]
    return Cast({**groups, **clients}, tuple(links), spec.existing)


def _made(specs: Sequence[HypothesisSpec]) -> tuple[ScriptedProbe, ...]:
    return tuple(probe_named(spec.probe)(spec) for spec in specs)
