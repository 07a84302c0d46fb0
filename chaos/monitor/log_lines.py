"""What a line of a log says: its level and its message, as Rust, Python, Node.js, Go and PostgreSQL write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

TRACEBACK = "Traceback (most recent call last):"
"""How Python begins to tell of an exception; the exception itself is the next line that is not indented."""

ERROR_WORDS = (
    *("ERROR", "Error", "error", "FATAL", "fatal", "PANIC", "panic", "CRITICAL", "critical", "Exception"),
    *("Traceback", '"level":50', '"level":60'),
)
"""What every line of level error has in it, in one format or another."""

_HEAD = 160
_LEVEL = re.compile(
    r"(?:^|[\s\[(<|=:\"])(TRACE|DEBUG|INFO|NOTICE|LOG|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)(?=[\s\])>|:,\"]|$)"
)
_LOWER = re.compile(
    r"(?:\blevel=\"?|\[|^)(trace|debug|info|warn|warning|error|critical|fatal|panic)(?:[\]\":]|\s|$)"
)
_THROWN = re.compile(
    r"^(?:Uncaught )?(?:[\w.]*(?:Error|Exception)(?=:| \[|$)|thread '.*' panicked at |panic: |fatal error: )"
)
_PINO = {50: "error", 60: "fatal"}


class Level(StrEnum):
    """How bad a line calls itself, in the one distinction that is made here."""

    ERROR = "error"
    OTHER = "other"


_ERRORS = {"error", "err", "critical", "fatal", "panic", "alert", "emergency"}


@dataclass(frozen=True)
class LogLine:
    """One line of a log.

    Attributes:
        level: Whether it tells of an error.
        message: What it says, without time, level and source where these can be told apart.
    """

    level: Level
    message: str


def read_line(text: str) -> LogLine:
    """What a line says, in whatever format."""
    if text.startswith("{"):
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if isinstance(fields, dict):
            return _from_fields(fields, text)
    return LogLine(_level_in(text), text)


def _from_fields(fields: Mapping[str, Any], text: str) -> LogLine:
    inner = fields.get("fields")
    told: Mapping[str, Any] = {**fields, **inner} if isinstance(inner, dict) else fields
    level = next((told[key] for key in ("level", "levelname", "severity", "lvl") if key in told), "")
    named = _PINO.get(level, "") if isinstance(level, int) else str(level).lower()
    message = next((told[key] for key in ("message", "msg", "event", "error") if key in told), text)
    return LogLine(Level.ERROR if named in _ERRORS else Level.OTHER, str(message))


def _level_in(text: str) -> Level:
    found = _LEVEL.search(text, 0, _HEAD) or _LOWER.search(text, 0, _HEAD)
    if found is not None:
        return Level.ERROR if found[1].lower() in _ERRORS else Level.OTHER
    return Level.ERROR if _THROWN.match(text) else Level.OTHER
