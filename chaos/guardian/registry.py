"""The deeds there are, by their kind: the built-in ones, and those that others register in `chaos.deeds`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from chaos.guardian.deed import Deed
from chaos.registry import BrokenPartError, Registry, UnknownNameError


class UnreadableDeed(ValueError):
    """What an undo log says can't be carried out by this version; the message says why."""


def _accept(part: Any) -> type[Deed]:
    if isinstance(part, type) and issubclass(part, Deed):
        return part
    raise TypeError(f"{part!r} is no subclass of Deed")


DEEDS: Registry[type[Deed]] = Registry(
    kind="deed",
    group="chaos.deeds",
    builtins={
        "continue": "chaos.guardian.deeds.continue_process:ContinueProcess",
        "remove-toxics": "chaos.guardian.deeds.remove_toxics:RemoveToxics",
        "enable-proxy": "chaos.guardian.deeds.enable_proxy:EnableProxy",
        "remove-proxies": "chaos.guardian.deeds.remove_proxies:RemoveProxies",
        "open-files": "chaos.guardian.deeds.open_files:RestoreOpenFiles",
        "remove-path": "chaos.guardian.deeds.remove_path:RemovePath",
        "remove-shared-memory": "chaos.guardian.deeds.shared_memory:RemoveSharedMemory",
        "drop-database": "chaos.guardian.deeds.drop_database:DropDatabase",
    },
    accept=_accept,
)


def deed_from(values: Mapping[str, Any]) -> Deed:
    """The deed that `Deed.to_dict` wrote.

    Raises:
        UnreadableDeed: Its kind is unknown or can't be used, or its values are not those of its kind.
    """
    kind = values.get("kind")
    try:
        deed = DEEDS.named(str(kind))
    except (UnknownNameError, BrokenPartError) as error:
        raise UnreadableDeed(str(error)) from error
    rest = {name: _frozen(value) for name, value in values.items() if name != "kind"}
    if set(rest) != (due := {field.name for field in fields(deed)}):
        raise UnreadableDeed(f"a deed {kind!r} has {', '.join(sorted(due))}, not {', '.join(sorted(rest))}")
    return deed(**rest)


def _frozen(value: Any) -> Any:
    """JSON has no tuples."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
