"""The probes there are, by name: the built-in ones, and those that others register in `chaos.probes`."""

from __future__ import annotations

from typing import Any

from chaos.experiment.model import HypothesisSpec
from chaos.probes.protocol import Probe
from chaos.registry import Registry


def _accept(part: Any) -> type[Probe[Any]]:
    if not (isinstance(part, type) and issubclass(part, Probe)):
        raise TypeError(f"{part!r} is no subclass of Probe")
    if lacking := [each for each in ("spec_model", "summary", "example") if not hasattr(part, each)]:
        raise TypeError(f"it lacks {', '.join(lacking)}")
    if not issubclass(part.spec_model, HypothesisSpec):
        raise TypeError("its spec_model is no subclass of HypothesisSpec")
    return part


PROBES: Registry[type[Probe[Any]]] = Registry(
    kind="probe",
    group="chaos.probes",
    builtins={
        "command": "chaos.probes.command:Command",
        "grpc": "chaos.probes.grpc:Grpc",
        "http": "chaos.probes.http:Http",
        "latency": "chaos.probes.latency:Latency",
        "log": "chaos.probes.log:LogProbe",
        "process": "chaos.probes.process:ProcessState",
        "prometheus": "chaos.probes.prometheus:Prometheus",
        "queue-depth": "chaos.probes.queue_depth:QueueDepth",
        "ready": "chaos.probes.ready:Ready",
        "resource": "chaos.probes.resource:ResourceProbe",
        "sql": "chaos.probes.sql:Sql",
        "store": "chaos.probes.store:InStore",
        "tcp": "chaos.probes.tcp:Tcp",
        "throughput": "chaos.probes.throughput:Throughput",
    },
    accept=_accept,
)


def probe_named(name: str) -> type[Probe[Any]]:
    """The probe of this name.

    Raises:
        UnknownNameError: Nothing has this name.
        BrokenPartError: It is registered and can't be used.
    """
    return PROBES.named(name)
