"""What this user's runs share: who is running, and whether runs are halted."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STATE_VARIABLE = "CHAOS_STATE"


class StateUnwritable(Exception):
    """What runs share can't be written; the message names the place and the variable that moves it."""


def state_directory() -> Path:
    """`$CHAOS_STATE`, or the place where this operating system keeps a user's state. It need not exist yet."""
    if chosen := os.environ.get(STATE_VARIABLE):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_state_dir("chaos-queue", appauthor=False))


def write_state(path: Path, values: Mapping[str, Any]) -> None:
    """Write a file in one step, and to the disk: whoever looks sees the old one, or this one whole.

    Raises:
        StateUnwritable: It can't be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise StateUnwritable(
            f"{path} can't be written ({error.strerror or error}): "
            f"allow it, or keep what runs share elsewhere with {STATE_VARIABLE}=DIRECTORY"
        ) from error
