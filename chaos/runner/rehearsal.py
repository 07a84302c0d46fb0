"""What a run would start, break and undo, and when, told without doing any of it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from chaos.experiment.model import AtJobs, AtTime, Experiment, FaultSpec, Window
from chaos.experiment.moments import write_moment
from chaos.experiment.targets import Cast
from chaos.experiment.units import BYTES, DURATION, SHARE
from chaos.faults.protocol import OwnDisk, Preparation, ProxiedLink
from chaos.runner.scene import rank_of
from chaos.script import Script, ScriptedFault, ScriptedProbe, cast_of


def rehearse(script: Script, *, toxiproxy_url: str | None = None) -> Iterator[str]:
    """The plan of a run, line by line, its targets drawn from the seed as the run would draw them.

    Args:
        script: The experiment, with its seed.
        toxiproxy_url: The Toxiproxy server that would be used instead of one of the run's own.
    """
    experiment = script.experiment
    assert experiment.seed is not None
    cast = cast_of(experiment)
    yield f"{experiment.title} (seed {experiment.seed})"
    yield "would start:"
    yield "  guardian: undoes everything should the run be killed"
    for line in _started(script, cast, toxiproxy_url):
        yield f"  {line}"
    yield f"  load: {_load(experiment)}"
    yield "would break:" if script.faults else "would break nothing: there are no faults"
    for name, fault in script.faults:
        yield f"  {name}: {fault.summary}"
        for word, text in _injected(script, name, fault, cast):
            yield f"    {word + ':':<7}{text}"
    for probe in script.probes:
        windows = [window for window in Window if window in probe.spec.asked_in]
        yield f"would ask in {', '.join(windows)}: {probe.name}"
    for condition in script.stop_when:
        yield f"would halt, and undo everything, once: {condition.name}"


def _started(script: Script, cast: Cast, toxiproxy_url: str | None) -> Iterator[str]:
    needs: tuple[Preparation, ...] = tuple(
        dict.fromkeys(need for _, fault in script.faults for need in fault.preparations(cast))
    )
    disks = {need.component: need.size_bytes for need in needs if isinstance(need, OwnDisk)}
    for group, members in cast.groups.items():
        if group not in ("producers", "workers"):
            for member in members:
                disk = (
                    f", on a file system of its own of {BYTES.write(disks[member])}"
                    if member in disks
                    else ""
                )
                yield f"{member} of {script.experiment.system.name}{disk}"
    links = [f"{need.client} → {need.server}" for need in needs if isinstance(need, ProxiedLink)]
    if links:
        server = f"toxiproxy at {toxiproxy_url}" if toxiproxy_url else "toxiproxy"
        yield f"{server}: a proxy each for {', '.join(links)}"
    for group in ("workers", "producers"):
        if cast.groups[group]:
            yield ", ".join(cast.groups[group])


def _load(experiment: Experiment) -> str:
    load = experiment.load
    if load.rate == "max":
        return f"{load.jobs} jobs as fast as it goes"
    bursts = f" in bursts of {load.burst}" if load.burst > 1 else ""
    lasts = "as long as its steps take" if load.workflow else DURATION.write(round(load.lasts_s, 1))
    return f"{load.jobs} jobs at {load.rate:g}/s{bursts}, {lasts}"


def _injected(script: Script, name: str, fault: ScriptedFault, cast: Cast) -> Iterator[tuple[str, str]]:
    assert script.experiment.seed is not None
    spec = fault.spec
    yield "when", _when(spec, script.conditions.get(name))
    whom = ", ".join(fault.choose(cast, rank_of(script.experiment.seed, name, 1)))
    yield "whom", whom if spec.every_s is None else f"{whom}; drawn anew each time"
    yield "ends", _ends(spec)
    yield "undo", _first_line(fault)


def _when(spec: FaultSpec, condition: ScriptedProbe | None) -> str:
    first = None
    match spec.at:
        case AtTime():
            first = f"{write_moment(spec.at)} after the start of the load"
        case AtJobs():
            first = f"once {write_moment(spec.at)} are enqueued"
    if spec.after is not None:
        first = f"once {spec.after} is undone"
    elif condition is not None:
        first = f"once {condition.name}"
    delay = f", {DURATION.write(spec.delay_s)} later" if spec.delay_s else ""
    if spec.every_s is None:
        return f"{first}{delay}"
    often = f" {spec.times} times" if spec.times else " until the load ends"
    every = f"every {DURATION.write(spec.every_s)} (± {SHARE.write(spec.spread)}, by the seed){often}"
    return f"{first}{delay}, then {every}" if first else f"{every}{delay}"


def _ends(spec: FaultSpec) -> str:
    if spec.lasts_s is None:
        return "with the load, or by itself"
    return f"after {DURATION.write(spec.lasts_s)}" if spec.lasts_s else "at once"


def _first_line(fault: ScriptedFault) -> str:
    documented = inspect.getdoc(type(fault).revert) or "undo the change, and see that it is undone"
    return documented.splitlines()[0]
