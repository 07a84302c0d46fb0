"""Lets a process open files again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import psutil

from chaos.guardian.deed import Deed, NotUndone
from chaos.processes.identity import ProcessIdentity
from chaos.processes.limits import FileLimit, set_file_limit


@dataclass(frozen=True)
class RestoreOpenFiles(Deed):
    """Gives a process its own limit of open files back, if it lives and is still that process.

    Attributes:
        component: What the run calls it.
        pid: Its number.
        started: Tells it from a later process of that number.
        boot: The start of the machine that the number belongs to.
        soft: How many files it could have open.
        hard: What it could raise that to.
    """

    kind: ClassVar[str] = "open-files"

    component: str
    pid: int
    started: float
    boot: str
    soft: int
    hard: int

    @classmethod
    def of(cls, component: str, process: ProcessIdentity, limit: FileLimit) -> RestoreOpenFiles:
        """Back to the limit that a process has now."""
        return cls(component, process.pid, process.started, process.boot, limit.soft, limit.hard)

    def carry_out(self) -> None:
        """Give the limit back.

        Raises:
            NotUndone: This user may not.
        """
        process = ProcessIdentity(self.pid, self.started, self.boot).find()
        if process is None:
            return
        try:
            set_file_limit(process, FileLimit(self.soft, self.hard))
        except psutil.NoSuchProcess:
            return
        except (psutil.Error, OSError) as error:
            raise NotUndone(
                f"{self.component} (process {self.pid}) keeps its lowered limit of open files: {error}; give it back "
                f"with: prlimit --pid {self.pid} --nofile={self.soft}:{self.hard}"
            ) from error

    def __str__(self) -> str:
        return f"let {self.component} (process {self.pid}) have {self.soft} files open again"
