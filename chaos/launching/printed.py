"""What a `chaos run` printed into its log."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chaos.run_directory import RunDirectory

_LAST_LINES: Final = 5


@dataclass(frozen=True)
class Printed:
    """What it printed so far.

    Attributes:
        runs: The directories of its runs, in order.
        complaints: The last lines that are for people: why it was refused, or what failed.
    """

    runs: tuple[RunDirectory, ...]
    complaints: tuple[str, ...]


def printed(log: Path) -> Printed:
    """What a launched run printed so far; nothing if there is no such log."""
    runs: list[RunDirectory] = []
    complaints: deque[str] = deque(maxlen=_LAST_LINES)
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if not line.startswith("{"):
                    complaints.extend([line.rstrip()] if line.strip() else [])
                elif (directory := _run_of(line)) is not None:
                    runs.append(directory)
    except FileNotFoundError:
        return Printed((), ())
    return Printed(tuple(runs), tuple(complaints))


def _run_of(line: str) -> RunDirectory | None:
    """The directory that a line says a run is kept in; None if it says something else, or was cut off."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if isinstance(event, dict) and event.get("event") == "run-directory":
        return RunDirectory(Path(event["path"]))
    return None
