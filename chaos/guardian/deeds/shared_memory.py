"""Removes the shared memory that a PostgreSQL server leaves behind when it is killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from chaos.guardian.deed import Deed, NotUndone

_REMOVE = 0  # IPC_RMID
_NONE = -1
_LINE_OF_KEY_AND_ID = 6
_SEGMENTS = Path("/proc/sysvipc/shm")


@dataclass(frozen=True)
class RemoveSharedMemory(Deed):
    """Removes a server's one segment of System V shared memory, which outlives a killed one until the machine ends.

    The server writes down its key and its id, and takes that away again when it stops by itself. Both together mean no
    other segment: an id is not given again with its key. That of one that was killed before it had written it down is
    found by its key, which is the number of the data directory, if the same user made it and nobody uses it.

    Attributes:
        pid_file: The server's `postmaster.pid`, in its data directory.
    """

    kind: ClassVar[str] = "remove-shared-memory"

    pid_file: str

    def carry_out(self) -> None:
        """Remove it, if it is there.

        Raises:
            NotUndone: This user may not.
        """
        named = _named_in(Path(self.pid_file)) or _unused_of(Path(self.pid_file).parent)
        if named is None:
            return
        key, number = named
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) != number:
            return
        if libc.shmctl(number, _REMOVE, None) == _NONE:
            reason = os.strerror(ctypes.get_errno())
            raise NotUndone(f"the shared memory {number} can't be removed ({reason}): ipcrm -m {number}")

    def __str__(self) -> str:
        return f"remove the shared memory that {self.pid_file} names"


def _named_in(pid_file: Path) -> tuple[int, int] | None:
    """Key and id of the segment; None where the server has none, or is not that far yet."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        key, number = pid_file.read_text(encoding="ascii").splitlines()[_LINE_OF_KEY_AND_ID].split()
        return ctypes.c_int(int(key)).value, int(number)
    return None


def _unused_of(data: Path) -> tuple[int, int] | None:
    """Key and id of a segment whose key is this directory's, made by its owner and used by nobody; Linux lists them."""
    with contextlib.suppress(OSError, ValueError):
        directory = data.stat()
        due = ctypes.c_int(directory.st_ino).value
        for line in _SEGMENTS.read_text(encoding="ascii").splitlines()[1:]:
            key, number, _, _, _, _, users, owner, *_ = map(int, line.split())
            if (key, users, owner) == (due, 0, directory.st_uid):
                return key, number
    return None
