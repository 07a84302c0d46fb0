"""Where programs may be that wheels carry, and what a program says of itself."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ASKED_WITHIN_S: Final = 10.0


def wheel_directories(package: str) -> Iterator[Path]:
    """The directories of a package that a wheel has brought; none if it is not installed."""
    wheel = importlib.util.find_spec(package)
    for place in wheel.submodule_search_locations or () if wheel else ():
        yield Path(place)


def said_by(*command: str | Path) -> str | None:
    """What a program prints; None if it is not there, fails, or takes longer than 10 s."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_ASKED_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
