"""Kept runs that are named or chosen on the command line, and what they say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from chaos.history.results import KeptResults
    from chaos.run_directory import RunDirectory

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

runs_option = click.option(
    "--runs",
    "runs",
    type=click.Path(path_type=Path),
    help="Where runs are kept.  [default: CHAOS_RUNS or ./runs]",
)
output_option = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)


def choosing(command: CommandT) -> CommandT:
    """The options that choose among kept runs by their experiment and their system."""
    by_system = click.option("--system", metavar="NAME", help="Only runs of this system.")
    by_experiment = click.option(
        "--experiment",
        metavar="NAME",
        help="Only runs of the experiment file of this name, without its ending.",
    )
    return by_experiment(by_system(command))


def kept_run(text: str) -> Path:
    """The directory of the kept run that is meant; a path that exists is taken as it is."""
    return Path(text) if Path(text).exists() else run_named(text, None).path


def run_named(text: str, runs: Path | None) -> RunDirectory:
    """The kept run that is meant; otherwise say which there are, and leave with the code for wrong input."""
    from chaos.history.naming import NoSuchRun, find_run
    from chaos.run_directory import runs_directory

    try:
        return find_run(text, runs_directory(runs))
    except NoSuchRun as error:
        refuse(str(error))


def results_of(directory: RunDirectory) -> KeptResults:
    """What a run said, to compare; one that says nothing is refused by name."""
    from chaos.history.comparison import NotComparable, comparable
    from chaos.history.kept import read_run

    try:
        return comparable(read_run(directory))
    except NotComparable as error:
        refuse(str(error))


def kept_results(runs: Path | None) -> list[KeptResults]:
    """The results of all kept runs."""
    from chaos.history.kept import kept_runs
    from chaos.run_directory import runs_directory

    return [run.results for run in kept_runs(runs_directory(runs)) if run.results is not None]


def refuse(problem: str) -> NoReturn:
    """Say what is wrong, and leave with the exit code for wrong input."""
    from chaos.verdict.results import ExitCode

    click.echo(problem, err=True)
    sys.exit(ExitCode.WRONG_INPUT)
