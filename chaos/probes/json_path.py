"""One value in a JSON document, by a singular query of JSONPath (RFC 9535): names and indexes, `$.jobs[0]['state']`.

A hypothesis needs one answer. What can give several (wildcards, slices, filters, `..`) is refused by name.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_SEGMENT: Final = re.compile(
    r"""\.(?P<name>[A-Za-z_\u0080-\U0010FFFF][A-Za-z0-9_\u0080-\U0010FFFF]*)
      |\[\s*(?P<index>0|-?[1-9][0-9]{0,15})\s*\]
      |\[\s*'(?P<single>[^'\\]*)'\s*\]
      |\[\s*"(?P<double>[^"\\]*)"\s*\]""",
    re.VERBOSE,
)
_SEVERAL: Final = {
    r"\.\.": "`..` descends everywhere",
    r"\[?\*\]?|\.\*": "`*` takes every entry",
    r"\[\s*\?": "`?` filters",
    r"\[[^\]'\"]*:": "a slice takes several entries",
    r"\[[^\]]*,": "`,` takes several entries",
}

Path = tuple[str | int, ...]


def parse_path(text: str) -> Path:
    """The steps of a path.

    Raises:
        ValueError: It is none, or may lead to several values; the message says what to write instead.
    """
    if not text.startswith("$"):
        raise ValueError("a path begins with `$`, such as `$.jobs.pending`")
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        segment = _SEGMENT.match(text, position)
        if segment is None:
            raise ValueError(_why_not(text[position:]))
        index = segment["index"]
        names = (segment["name"], segment["single"], segment["double"])
        steps.append(int(index) if index is not None else next(name for name in names if name is not None))
        position = segment.end()
    return tuple(steps)


def _why_not(rest: str) -> str:
    for pattern, why in _SEVERAL.items():
        if re.match(pattern, rest):
            return f"{why}, and one answer is due: name it by `.name`, `['name']` and `[0]`"
    return f"`{rest}` can't be read; a path is made of `.name`, `['name']` and `[0]`"


def value_at(text: str, path: Path) -> Any:
    """The value that a path leads to.

    Args:
        text: A JSON document.
        path: The steps.

    Raises:
        ValueError: The text is no JSON, or nothing is there; the message says where it ends.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the body is no JSON") from None
    for number, step in enumerate(path):
        try:
            if not isinstance(value, dict if isinstance(step, str) else list):
                raise LookupError(step)
            value = value[step]  # type: ignore[index]  # a name of an object, or an index of a list
        except LookupError:
            raise ValueError(f"there is nothing at {written(path[: number + 1])}") from None
    return value


def written(path: Path) -> str:
    """A path as text."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in path)
