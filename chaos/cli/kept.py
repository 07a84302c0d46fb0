"""Kept runs that are named or chosen on the command line, and tables of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from chaos.run_directory import RunDirectory

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

_WIDE = 200

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


def refuse(problem: str) -> NoReturn:
    """Say what is wrong, and leave with the exit code for wrong input."""
    from chaos.verdict.results import ExitCode

    click.echo(problem, err=True)
    sys.exit(ExitCode.WRONG_INPUT)


def console_for_tables() -> Console:
    """Standard output; as wide as a table needs where it is no terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def plain_table(*headings: str, right: tuple[str, ...] = ()) -> Table:
    """A table without lines; the columns in `right` hold numbers."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        number = heading in right
        table.add_column(heading, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return table


def figure(value: float | str | None) -> str:
    """A number with four significant digits, or a word; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
