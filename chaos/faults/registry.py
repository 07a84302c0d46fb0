"""The faults there are, by name: the built-in ones, and those that others register in `chaos.faults`."""

from __future__ import annotations

from typing import Any

from chaos.experiment.model import FaultSpec
from chaos.faults.protocol import Fault
from chaos.registry import Registry


def _accept(part: Any) -> type[Fault[Any]]:
    if isinstance(part, type) and issubclass(part, Fault) and issubclass(part.spec_model, FaultSpec):
        return part
    raise TypeError(f"{part!r} is no subclass of Fault with a FaultSpec as its spec_model")


FAULTS: Registry[type[Fault[Any]]] = Registry(
    kind="fault",
    group="chaos.faults",
    builtins={"kill": "chaos.faults.kill:Kill"},
    accept=_accept,
)


def fault_named(name: str) -> type[Fault[Any]]:
    """The fault of this name.

    Raises:
        UnknownNameError: Nothing has this name.
        BrokenPartError: It is registered and can't be used.
    """
    return FAULTS.named(name)
