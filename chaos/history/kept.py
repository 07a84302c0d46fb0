"""The runs that are kept in a directory, and what became of each. Of a finished run only its results are read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from chaos.guardian.runs import registered
from chaos.history.results import KeptResults
from chaos.run_directory import RunDirectory, slug_of
from chaos.verdict.results import ExitCode

_NAME = re.compile(r"(?P<stamp>\d{8}T\d{6}Z)-(?P<experiment>.+)-(?P<id>[0-9a-f]{6})")


class State(StrEnum):
    """What became of a run."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    UNFINISHED = "unfinished"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class KeptRun:
    """A run's directory, and what is known of the run without opening its ledger.

    Attributes:
        directory: Where it is kept.
        state: What became of it.
        results: What it said; None unless it is finished or interrupted.
        problem: Why it says nothing, and what to do about it.
    """

    directory: RunDirectory
    state: State
    results: KeptResults | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.directory.name

    @property
    def handle(self) -> str:
        """The shortest that people call it by: the end of its name."""
        named = _NAME.fullmatch(self.name)
        return named["id"] if named else self.name

    @property
    def is_certain(self) -> bool:
        """Whether it is a run beyond doubt: it has a ledger, and says so by its results or by its name."""
        named = self.results is not None or _NAME.fullmatch(self.name) is not None
        return named and self.directory.ledger.is_dir()

    @property
    def experiment(self) -> str:
        """The experiment's name: by its results, else by the run's name."""
        if self.results is not None:
            return self.results.experiment.name
        named = _NAME.fullmatch(self.name)
        return named["experiment"] if named else ""

    @property
    def began(self) -> datetime:
        """When it began: by its results, else by its name, else by its directory's last change."""
        if self.results is not None:
            return self.results.started_at
        if named := _NAME.fullmatch(self.name):
            return datetime.strptime(named["stamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return datetime.fromtimestamp(self.directory.path.stat().st_mtime, tz=UTC)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which runs to look at; None: all.

    Attributes:
        experiment: What the experiment's file is called, without folder and ending.
        system: The system's name.
        verdict: The run's verdict.
    """

    experiment: str | None = None
    system: str | None = None
    verdict: str | None = None

    def holds(self, run: KeptRun) -> bool:
        """Whether this run is one of them. A run without results has no system and no verdict."""
        if run.results is not None:
            return self.takes(run.results)
        named = self.experiment is None or run.experiment == slug_of(self.experiment)
        return named and self.system is None and self.verdict is None

    def takes(self, results: KeptResults) -> bool:
        """Whether the run that said this is one of them."""
        return (
            self.experiment in (None, results.experiment.name)
            and self.system in (None, results.system.name)
            and self.verdict in (None, results.verdict)
        )


def kept_runs(runs: Path) -> list[KeptRun]:
    """Every run that is kept in a directory, the newest first; none if there is no such directory.

    Raises:
        OSError: The directory can't be read.
    """
    under_way = _registered()
    found = [read_run(directory, under_way) for directory in directories(runs)]
    return sorted(found, key=lambda run: (run.began, run.name), reverse=True)


def directories(runs: Path) -> Iterator[RunDirectory]:
    """The directories in `runs` that are those of runs, in no order.

    Raises:
        OSError: The directory can't be read.
    """
    if not runs.exists():
        return
    with os.scandir(runs) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                directory = RunDirectory(Path(entry.path).absolute())
                if _NAME.fullmatch(entry.name) or directory.results.exists() or directory.ledger.is_dir():
                    yield directory


def read_run(directory: RunDirectory, under_way: Mapping[str, bool] | None = None) -> KeptRun:
    """What became of one run.

    Args:
        directory: The run.
        under_way: The registered runs by name, and whether the runner of each is alive; None: they are looked up.
    """
    try:
        results = KeptResults.model_validate_json(directory.results.read_bytes())
    except FileNotFoundError:
        return _without_results(directory, _registered() if under_way is None else under_way)
    except ValidationError as error:
        return KeptRun(directory, State.DAMAGED, problem=_what_is_wrong(directory, error))
    except OSError as error:
        return KeptRun(
            directory, State.DAMAGED, problem=f"{directory.results} can't be read: {error.strerror}"
        )
    interrupted = results.exit_code is ExitCode.INTERRUPTED
    return KeptRun(directory, State.INTERRUPTED if interrupted else State.FINISHED, results)


def _without_results(directory: RunDirectory, under_way: Mapping[str, bool]) -> KeptRun:
    if under_way.get(directory.name):
        return KeptRun(directory, State.RUNNING)
    if directory.name in under_way:
        return KeptRun(directory, State.UNFINISHED, problem=f"its runner died: `chaos heal {directory}`")
    return KeptRun(
        directory, State.UNFINISHED, problem=f"it has no results: `chaos check {directory}` tells why"
    )


def _what_is_wrong(directory: RunDirectory, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return (
        f"{directory.results.name} is damaged ({f'{where}: ' if where else ''}{first['msg']}): "
        f"`chaos check {directory}` judges the run anew"
    )


def _registered() -> Mapping[str, bool]:
    """The runs that are under way, or died and were not healed, and whether the runner of each is alive."""
    return {run.name: run.runner.find() is not None for run in registered()[0]}
