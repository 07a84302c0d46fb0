"""From an experiment to its results: whether it can be run here, the run, and the verdict of what it left."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

from chaos.experiment.model import Experiment
from chaos.experiment.wording import KeyPath
from chaos.ledger.damage import LedgerDamaged, LedgerMissing
from chaos.ledger.story import IncompleteRun
from chaos.ledger.writer import LedgerWriteFailed
from chaos.report.reported_run import ReportedRun
from chaos.report.watcher import Watcher
from chaos.report.writing import write_after_run
from chaos.run_directory import RunDirectory
from chaos.runner.run import Run, Source
from chaos.script import Script, cast_of
from chaos.systems.registry import system_named
from chaos.verdict.judge import evidence_of, judge
from chaos.verdict.results import Results


class ToolkitFailed(Exception):
    """The toolkit itself failed, so there is no verdict; the message says what, where, and the next step."""


class NoPlaceToKeep(Exception):
    """The run's directory can't be made, so nothing was started; the message says where, why, and the next step."""


@dataclass(frozen=True)
class Performance:
    """A run that was done.

    Attributes:
        directory: Where it is kept.
        results: What it says.
        unwritten: The reports that could not be written, and why, a line each. The verdict stands all the same.
    """

    directory: RunDirectory
    results: Results
    unwritten: tuple[str, ...] = ()


def obstacles(
    script: Script, toxiproxy_url: str | None = None, *, allow_remote: bool = False
) -> list[tuple[KeyPath, str]]:
    """Why this experiment can't be run on this machine: where that stands in it, and what; empty if it can."""
    spec = script.experiment.system
    lacking: list[tuple[KeyPath, str]] = [
        (("system",), str(lack)) for lack in system_named(spec.name).missing(spec)
    ]
    return lacking + script.problems(cast_of(script.experiment), toxiproxy_url, allow_remote=allow_remote)


def perform(
    script: Script, source: Source, runs: Path, watcher: Watcher, *, toxiproxy_url: str | None = None
) -> Performance:
    """Run the experiment, judge what it left in its directory, and write the reports there.

    Args:
        script: The experiment, with its seed.
        source: Where it came from.
        runs: The directory that runs are kept in.
        watcher: Follows the run.
        toxiproxy_url: A Toxiproxy server to use instead of one of the run's own.

    Raises:
        NoPlaceToKeep: Its directory can't be made.
        ToolkitFailed: There is no verdict. All that was started was stopped, all that was broken was undone.
    """
    try:
        directory = RunDirectory.create(runs, Path(source.file).stem)
    except OSError as error:
        raise NoPlaceToKeep(
            f"{error.filename or runs}: {error.strerror or error}; nothing was started: "
            "choose a place that can be written with --runs or CHAOS_RUNS"
        ) from error
    try:
        try:
            asyncio.run(Run(script, source, directory, watcher, toxiproxy_url).execute())
        finally:
            with contextlib.suppress(OSError, ValueError, SystemExit):
                watcher.end()
        evidence = evidence_of(directory, script)
        results = judge(evidence, script)
    except (LedgerWriteFailed, LedgerDamaged, LedgerMissing, IncompleteRun) as error:
        raise ToolkitFailed(str(error)) from error
    except OSError as error:
        where = error.filename or runs
        raise ToolkitFailed(
            f"{where}: {error.strerror or error}; free space or choose another place with --runs"
        ) from error
    return Performance(directory, results, tuple(write_after_run(ReportedRun(evidence, results))))


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    """The experiment with this seed."""
    return experiment.model_copy(update={"seed": seed})
