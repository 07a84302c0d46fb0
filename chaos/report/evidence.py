"""What showed that a fault bit, or that it was undone, in words for people.

Evidence is plain values under names like `round_trip_before_ms`: the last part is the unit. Values by component and
lists are told shortly; `results.json` has them in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_UNITS: Final = {"ms": " ms", "s": " s", "percent": " %"}
_BYTES: Final = "bytes"
_BYTES_PER_S: Final = "bytes_per_s"
_NAMED: Final = 3


def evidence_in_words(evidence: Mapping[str, Any], at_most: int | None = None) -> str:
    """It in one line: `round trip before 0.4 ms, round trip during 102 ms`.

    Args:
        evidence: What was seen, by name.
        at_most: How many of its values to tell; None: all of them.
    """
    told = [_told(name, value) for name, value in evidence.items() if not _is_detail(value)]
    return ", ".join(told if at_most is None or len(told) <= at_most else [*told[:at_most], "…"])


def shortly(names: Sequence[str]) -> str:
    """The names; of many the first ones, and how many more."""
    if len(names) <= _NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"


def _is_detail(value: Any) -> bool:
    """A list of what happened each time is for programs; how often it did stands beside it."""
    return isinstance(value, Sequence) and any(isinstance(item, Mapping) for item in value)


def _told(name: str, value: Any) -> str:
    for unit in (_BYTES_PER_S, _BYTES, *_UNITS):
        if name.endswith(f"_{unit}"):
            return f"{_words(name.removesuffix(f'_{unit}'))} {_all(value, unit)}"
    return f"{_words(name)} {_all(value, '')}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _all(value: Any, unit: str) -> str:
    return _by_component(value, unit) if isinstance(value, Mapping) else _value(value, unit)


def _value(value: Any, unit: str) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _number(value, unit)
        case None:
            return "–"
        case Mapping():
            return _by_name(value, unit)
        case str():
            return value
        case Iterable():
            return shortly([_value(item, unit) for item in value]) or "none"
        case _:
            return str(value)


def _by_component(values: Mapping[str, Any], unit: str) -> str:
    """The value alone if all components have the same; from least to most if they are many numbers."""
    told = {name: _value(value, unit) for name, value in values.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    numbers = [value for value in values.values() if isinstance(value, int | float)]
    if len(numbers) == len(values) > _NAMED:
        return f"{_number(min(numbers), unit)} to {_number(max(numbers), unit)}"
    return _by_name(told, "")


def _by_name(values: Mapping[str, Any], unit: str) -> str:
    return shortly([f"{name} {_value(value, unit)}" for name, value in values.items()]) or "none"


def _number(value: float, unit: str) -> str:
    if unit.startswith(_BYTES):
        return _size(value) + ("/s" if unit == _BYTES_PER_S else "")
    figure = str(value) if isinstance(value, int) else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return figure + _UNITS.get(unit, "")


def _size(size_bytes: float) -> str:
    for name, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if abs(size_bytes) >= size:
            return f"{size_bytes / size:.1f} {name}"
    return f"{size_bytes:.0f} B"
