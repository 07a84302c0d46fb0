"""What browsers are shown of one thing: parts by name, and what came to them since that was last told.

Some parts are told whole whenever they change; of those that grow, only what came is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

_KEPT: Final = 500
"""How many rows of a part that grows are kept, for whoever comes later."""


class Picture:
    """The parts of one picture, as plain values that can be written as JSON."""

    def __init__(self, **parts: Any) -> None:
        self._parts: dict[str, Any] = parts
        self._changed = set(parts)
        self._grown: dict[str, list[Any]] = {}

    def put(self, name: str, value: Any) -> None:
        """A part is this now."""
        if name not in self._parts or self._parts[name] != value:
            self._parts[name] = value
            self._changed.add(name)

    def add(self, name: str, rows: Iterable[Any]) -> None:
        """These rows come to a part that grows."""
        new = list(rows)
        if new:
            self._parts[name] = [*self._parts.get(name, ()), *new][-_KEPT:]
            self._grown.setdefault(name, []).extend(new)

    def whole(self) -> Mapping[str, Any]:
        """All of it, for whoever has nothing yet."""
        return self._parts

    def news(self) -> Mapping[str, Any] | None:
        """What changed and what came since this was last asked; None: nothing."""
        if not (self._changed or self._grown):
            return None
        changed = {name: self._parts[name] for name in sorted(self._changed)}
        grown = {name: rows for name, rows in self._grown.items() if name not in changed}
        self._changed, self._grown = set(), {}
        return {"changed": changed, "grown": grown}
