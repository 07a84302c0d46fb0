"""How messages show what stands in a file, and find the word that somebody meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence

KeyPath = tuple[str | int, ...]
"""Where a value stands: `("faults", 0, "at")`, shown as `faults[0].at`."""

_LONGEST = 60


def quoted(value: object) -> str:
    """A value from a file, fit to be shown: on one line, not too long, free of control characters."""
    match value:
        case str():
            text = value
        case dict():
            text = "{" + ", ".join(map(str, value)) + "}"
        case _:
            text = json.dumps(value, ensure_ascii=False)
    return f"`{_fit(text)}`"


def listed(names: Iterable[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`; or `nothing`."""
    *head, tail = [f"`{name}`" for name in names] or ["nothing"]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that somebody who wrote `name` most likely meant."""
    plain = {word.lower().replace("_", "-"): word for word in known}
    found = difflib.get_close_matches(name.lower().replace("_", "-"), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def shown(path: KeyPath) -> str:
    """A key path as text: `faults[0].at`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_fit(part)}" for part in path)
    return text.removeprefix(".")


def _fit(text: str) -> str:
    """Text without control characters, and cut where it gets too long."""
    text = printable(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def printable(text: str) -> str:
    """Text with its control characters written as escapes, so that a terminal shows them and does not obey them."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
