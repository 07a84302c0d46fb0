"""The undo log of a run: how each change is undone, on the disk before the change is made.

It is NDJSON in `undo/log.ndjson`; docs/safety.md has the format. Whoever holds the run's lock writes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chaos.guardian.deed import Deed
from chaos.guardian.registry import UnreadableDeed, deed_from
from chaos.processes.identity import ProcessIdentity
from chaos.run_directory import RunDirectory

_LOG = "log.ndjson"


class UndoLogFailed(Exception):
    """The undo log can't be written, so nothing may be changed; the message names the file and what is wrong."""


class UndoLog:
    """Writes the undo log of a run. A last line that was torn by its writer's death is cut off first.

    Raises:
        UndoLogFailed: It can't be opened.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._path = directory.undo / _LOG
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            _cut_torn_end(self._path, self._fd)
            _sync_directory(directory.undo)
        except OSError as error:
            raise self._failed(error) from error

    def intend(self, fault: str, deeds: Sequence[Deed]) -> None:
        """Say how a change is undone that is about to be made. On the disk when this returns.

        Args:
            fault: What is about to be done: `latency#2`.
            deeds: What undoes it, in this order.

        Raises:
            UndoLogFailed: It can't be written: the change must not be made.
        """
        self._append({"intended": fault, "deeds": [deed.to_dict() for deed in deeds]}, durable=True)

    def undone(self, fault: str) -> None:
        """Say that a change is undone. If this is lost it is undone again, which does no harm.

        Raises:
            UndoLogFailed: It can't be written.
        """
        self._append({"undone": fault})

    def started(self, component: str, process: ProcessIdentity) -> None:
        """Say that a process was started, which has to be ended with the run.

        Raises:
            UndoLogFailed: It can't be written.
        """
        self._append({"started": component, "process": asdict(process)})

    def healed(self, account: Mapping[str, Any]) -> None:
        """Keep what somebody did who healed the run after its runner.

        Raises:
            UndoLogFailed: It can't be written.
        """
        self._append({"healed": account})

    def close(self) -> None:
        """Nothing more is written."""
        os.close(self._fd)

    def _append(self, entry: Mapping[str, Any], *, durable: bool = False) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        try:
            before = os.fstat(self._fd).st_size
            written = os.write(self._fd, line)
            if written != len(line):
                os.ftruncate(self._fd, before)
                raise OSError(None, f"only {written} of {len(line)} bytes could be written")
            if durable:
                os.fsync(self._fd)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> UndoLogFailed:
        return UndoLogFailed(f"the undo log {self._path} can't be written: {error.strerror or error}")


@dataclass(frozen=True)
class Started:
    """A process of the run, and what it is called."""

    component: str
    process: ProcessIdentity


@dataclass(frozen=True)
class OpenChange:
    """A change that was intended, and is not known to be undone."""

    fault: str
    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class Recorded:
    """What an undo log says.

    Attributes:
        open_changes: What is to be undone, the newest first.
        started: Every process that was recorded.
        damage: What could not be read, and so is not among these, a line each.
    """

    open_changes: tuple[OpenChange, ...] = ()
    started: tuple[Started, ...] = ()
    damage: tuple[str, ...] = ()


def read_undo_log(directory: RunDirectory) -> Recorded:
    """What the undo log of a run says; nothing if there is none. A torn last line was never acted on: it is skipped.

    Raises:
        OSError: It can't be read.
    """
    path = directory.undo / _LOG
    if not path.exists():
        return Recorded()
    open_changes: dict[str, OpenChange] = {}
    started: list[Started] = []
    damage: list[str] = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            match json.loads(line):
                case {"intended": str(fault), "deeds": list(deeds)}:
                    open_changes[fault] = OpenChange(fault, tuple(deed_from(deed) for deed in deeds))
                case {"undone": str(fault)}:
                    open_changes.pop(fault, None)
                case {"started": str(component), "process": dict(process)}:
                    started.append(Started(component, ProcessIdentity(**process)))
                case {"healed": dict()}:
                    pass
                case _:
                    raise ValueError("it is no line of an undo log")
        except (ValueError, TypeError, AttributeError, UnreadableDeed) as error:
            damage.append(f"{path}, line {number}, can't be read, nor what it was to undo: {error}")
    return Recorded(tuple(reversed(open_changes.values())), tuple(started), tuple(damage))


def _cut_torn_end(path: Path, fd: int) -> None:
    kept = path.read_bytes()
    whole = kept.rfind(b"\n") + 1
    if whole != len(kept):
        os.ftruncate(fd, whole)


def _sync_directory(directory: Path) -> None:
    """A new file survives a loss of power once its directory is written, too. Windows needs and has nothing of this."""
    if os.name == "nt":
        return
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
