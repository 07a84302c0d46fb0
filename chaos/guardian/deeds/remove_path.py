"""Removes what a fault wrote."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from chaos.guardian.deed import Deed, NotUndone
from chaos.processes.identity import ProcessIdentity

_NOBODY = 0


@dataclass(frozen=True)
class RemovePath(Deed):
    """Removes a file or a directory of a run.

    Where it lies on a file system that is only there for a process of the run (below `/proc/PID/root`), that process is
    named as well: once it is gone, so is what it saw, and its number may mean another one.

    Attributes:
        path: What is removed.
        within: The directory of the run's own that it lies in; nothing outside it is ever removed.
        pid: The process through which it is reached; 0: none, it is on the machine's own file systems.
        started: Tells that process from a later one of its number.
        boot: The start of the machine that the number belongs to.
    """

    kind: ClassVar[str] = "remove-path"

    path: str
    within: str
    pid: int = _NOBODY
    started: float = 0.0
    boot: str = ""

    @classmethod
    def of(cls, path: Path, within: Path, seen_by: ProcessIdentity | None = None) -> RemovePath:
        """Remove `path`, which lies in `within`, as the process `seen_by` sees it."""
        if seen_by is None:
            return cls(str(path), str(within))
        return cls(str(path), str(within), seen_by.pid, seen_by.started, seen_by.boot)

    def carry_out(self) -> None:
        """Remove it, if it is there.

        Raises:
            NotUndone: It can't be removed, or lies outside what is the run's own.
        """
        if self.pid != _NOBODY and ProcessIdentity(self.pid, self.started, self.boot).find() is None:
            return
        path, within = Path(self.path), Path(self.within)
        if ".." in path.parts or path == within or not path.is_relative_to(within):
            raise NotUndone(f"{path} is not removed: it does not lie in {within}; look at it by hand")
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except (FileNotFoundError, ProcessLookupError):
            return
        except OSError as error:
            raise NotUndone(
                f"{path} can't be removed: {error.strerror or error}; remove it by hand: rm -r {path}"
            ) from error

    def __str__(self) -> str:
        return f"remove {self.path}"
