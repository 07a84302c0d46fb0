"""The end of a component's log, for messages."""

from __future__ import annotations

import os
import re
from pathlib import Path

_TAIL_BYTES = 64 * 1024
_LINE_CHARACTERS = 400
CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
"""Characters that command a terminal or turn the direction of writing, for a class of a regular expression."""
_UNPRINTABLE = re.compile(rf"\x1b\[[0-9;?]*[ -/]*[@-~]|[{CONTROLS}\r]")


def last_lines(path: Path, count: int) -> tuple[str, ...]:
    """The last lines of a log, oldest first; none where there is no log.

    Reads no more than the last 64 KiB, however big the file is. Bytes that are no text, and escape sequences
    that would reach the reader's terminal, are taken out; long lines are cut.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read(_TAIL_BYTES)
    except FileNotFoundError:
        return ()
    lines = tail.decode("utf-8", errors="replace").splitlines()
    if start > 0 and len(lines) > 1:
        lines = lines[1:]
    printable = (readable(line) for line in lines)
    return tuple([line for line in printable if line][-count:]) if count > 0 else ()


def plain(line: str) -> str:
    """A text from outside without what is none: commands for a terminal, as colours, and turns of the writing."""
    return _UNPRINTABLE.sub("", line)


def readable(line: str) -> str:
    """A line of a log as it may be shown: without what is no text and what would reach a terminal, and not too long."""
    text = plain(line).rstrip()
    return text if len(text) <= _LINE_CHARACTERS else text[:_LINE_CHARACTERS] + " […]"


def log_excerpt(path: Path, count: int = 5) -> str:
    """The last lines as the end of an error message: `; its log (PATH) ends: …`."""
    lines = last_lines(path, count)
    if not lines:
        return f"; its log ({path}) is empty"
    return f"; its log ({path}) ends:\n" + "\n".join(f"    {line}" for line in lines)
