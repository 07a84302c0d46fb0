"""The registry of runs: each run of this user that is under way, or died and was not healed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from chaos.guardian.state import state_directory, write_state
from chaos.processes.identity import ProcessIdentity
from chaos.run_directory import RunDirectory


@dataclass(frozen=True)
class RegisteredRun:
    """A run, and the process that runs it."""

    directory: RunDirectory
    runner: ProcessIdentity

    @property
    def name(self) -> str:
        """The run's name."""
        return self.directory.name


def register(directory: RunDirectory) -> None:
    """From now on this process runs the run in this directory.

    Raises:
        StateUnwritable: It can't be written down.
    """
    runner = ProcessIdentity.of(os.getpid())
    write_state(_file_of(directory.name), {"directory": str(directory.path), "runner": asdict(runner)})


def unregister(name: str) -> None:
    """The run of this name is over, and nothing of it is left. Harmless if it is not registered.

    Raises:
        OSError: It can't be taken away.
    """
    _file_of(name).unlink(missing_ok=True)


def is_registered(name: str) -> bool:
    """Whether the run of this name is under way, or was not healed."""
    return _file_of(name).exists()


def registered() -> tuple[list[RegisteredRun], list[str]]:
    """Every registered run, the oldest first, and what is wrong with entries that can't be read."""
    runs, problems = [], []
    for file in sorted(_runs().glob("[!.]*.json")):
        try:
            runs.append(_read(file))
        except FileNotFoundError:
            continue  # over since the directory was listed
        except (OSError, ValueError, TypeError, KeyError) as error:
            problems.append(
                f"{file} names no run ({type(error).__name__}: {error}): "
                f"heal its run with `chaos heal DIRECTORY`, and remove the file"
            )
    return runs, problems


def _read(file: Path) -> RegisteredRun:
    values = json.loads(file.read_text(encoding="utf-8"))
    return RegisteredRun(RunDirectory(Path(values["directory"])), ProcessIdentity(**values["runner"]))


def _file_of(name: str) -> Path:
    return _runs() / f"{name}.json"


def _runs() -> Path:
    return state_directory() / "runs"
