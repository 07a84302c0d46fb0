"""The systems there are, by name: the built-in ones, and those that others register in `chaos.systems`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.experiment.model import SystemSpec
from chaos.registry import Registry
from chaos.systems.protocol import System

_MEMBERS = ("spec_model", "summary", "log_rules", "missing", "prepare", "addresses", "describe")


def _accept(part: Any) -> type[System]:
    if not isinstance(part, type):
        raise TypeError(f"it is {part!r}, which is no class")
    if lacking := [member for member in _MEMBERS if not hasattr(part, member)]:
        raise TypeError(f"it lacks {', '.join(lacking)}")
    system: Any = part
    model = system.spec_model
    if not (isinstance(model, type) and issubclass(model, SystemSpec)):
        raise TypeError("its spec_model is no subclass of SystemSpec")
    return system  # type: ignore[no-any-return]


SYSTEMS: Registry[type[System]] = Registry(
    kind="system",
    group="chaos.systems",
    builtins={
        "reference": "chaos.systems.reference.system:ReferenceSystem",
        "reseolio": "chaos.systems.reseolio.system:ReseolioSystem",
    },
    accept=_accept,
)


def systems() -> Mapping[str, type[System]]:
    """Every system that can be used, by name; `SYSTEMS.broken()` says what can't, and why."""
    return SYSTEMS.available()


def system_named(name: str) -> type[System]:
    """The system of this name.

    Raises:
        UnknownNameError: Nothing has this name; the message gives the nearest one.
        BrokenPartError: It is registered and can't be imported, or is no system.
    """
    return SYSTEMS.named(name)
