"""Finding parts by name: systems, faults, probes, report formats.

The built-in ones are a table of names and places; others register through an entry point. Nothing is imported
before it is asked for, so a command that needs one part does not pay for all, and a broken plugin is named
without taking the others with it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")


class UnknownNameError(LookupError):
    """A name that no part has; the message gives the nearest one and all there are."""


class BrokenPartError(Exception):
    """A part that is registered and can't be used; the message says which, from where, and why."""


@dataclass(frozen=True)
class Place:
    """Where a part is: `module:attribute`, and which distribution registered it."""

    reference: str
    origin: str


class Registry(Generic[T]):
    """The parts of one kind, by name.

    Args:
        kind: What one part is called, in messages: `system`.
        group: The entry point group that others register in: `chaos.systems`.
        builtins: `module:attribute` of each built-in part. A plugin can't take the name of one.
        accept: Returns the part if it is what this registry holds; raises TypeError saying what is wrong.
    """

    def __init__(
        self, kind: str, group: str, builtins: Mapping[str, str], accept: Callable[[Any], T]
    ) -> None:
        self.kind = kind
        self.group = group
        self._builtins = {name: Place(reference, "chaos-queue") for name, reference in builtins.items()}
        self._accept = accept
        self._loaded: dict[str, T] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._builtins or name in self._plugins

    def names(self) -> tuple[str, ...]:
        """Every registered name, whether it can be imported or not, the built-in ones first."""
        return (*self._builtins, *sorted(set(self._plugins) - set(self._builtins)))

    def named(self, name: str) -> T:
        """The part of this name.

        Raises:
            UnknownNameError: Nothing has this name.
            BrokenPartError: It is registered and can't be imported, or is no such part.
        """
        if name not in self._loaded:
            self._loaded[name] = self._load(name, self._place(name))
        return self._loaded[name]

    def available(self) -> Mapping[str, T]:
        """Every part that can be used, by name. What can't is left to `broken`."""
        return {name: part for name in self.names() if (part := self._usable(name)) is not None}

    def broken(self) -> Mapping[str, str]:
        """What is registered and can't be used, and why, by name."""
        reasons = dict(self._clashes)
        for name in self.names():
            try:
                self.named(name)
            except BrokenPartError as error:
                reasons[name] = str(error)
        return reasons

    def _usable(self, name: str) -> T | None:
        try:
            return self.named(name)
        except BrokenPartError:
            return None

    def _place(self, name: str) -> Place:
        place = self._builtins.get(name) or self._plugins.get(name)
        if place is None:
            raise UnknownNameError(unknown(self.kind, name, self.names()))
        return place

    def _load(self, name: str, place: Place) -> T:
        module_name, _, attribute = place.reference.partition(":")
        where = f"the {self.kind} {name!r} ({place.reference}, registered by {place.origin})"
        try:
            import importlib

            part = functools.reduce(getattr, attribute.split("."), importlib.import_module(module_name))
        except Exception as error:
            raise BrokenPartError(
                f"{where} can't be imported: {type(error).__name__}: {error}. "
                f"Mend or uninstall {place.origin}."
            ) from error
        try:
            return self._accept(part)
        except TypeError as error:
            raise BrokenPartError(
                f"{where} is no {self.kind}: {error}. Mend or uninstall {place.origin}."
            ) from error

    @functools.cached_property
    def _entry_points(self) -> tuple[EntryPoint, ...]:
        from importlib.metadata import entry_points

        return tuple(entry_points(group=self.group))

    @functools.cached_property
    def _plugins(self) -> Mapping[str, Place]:
        return {
            point.name: Place(point.value, _origin(point))
            for point in reversed(self._entry_points)
            if point.name not in self._builtins
        }

    @property
    def _clashes(self) -> Mapping[str, str]:
        """Names that two distributions want, or that a built-in part has."""
        claims: dict[str, set[str]] = {name: {place.origin} for name, place in self._builtins.items()}
        for point in self._entry_points:
            claims.setdefault(point.name, set()).add(_origin(point))
        return {
            name: f"the {self.kind} {name!r} is registered by {' and '.join(sorted(origins))}: "
            f"{self._place(name).origin} is used. Rename the other in its entry point."
            for name, origins in claims.items()
            if len(origins) > 1
        }


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """What to say of a name that nothing has."""
    import difflib

    known = sorted(names)
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return f"no {kind} is called {name!r}.{hint} There are: {', '.join(known) or 'none'}"


def _origin(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "an unknown distribution"
