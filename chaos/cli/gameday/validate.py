"""`chaos gameday validate FILE…`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--system", metavar="NAME", help="The system to put under test.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change every experiment.")
def command(files: tuple[Path, ...], system: str | None, overrides: tuple[str, ...]) -> None:
    """Say everything that is wrong with gameday files and the experiments in them. Exit code 2 if anything is."""
    from chaos.cli.gameday.reading import check
    from chaos.experiment.problems import InvalidExperiment
    from chaos.gamedays.reading import read_gameday
    from chaos.secrets import redacted
    from chaos.verdict.results import ExitCode

    wrong = False
    for file in files:
        try:
            check(read_gameday(file), file.parent, system, overrides)
        except InvalidExperiment as error:
            wrong = True
            for problem in error.problems:
                click.echo(redacted(str(problem)))
        else:
            click.echo(f"ok: {click.format_filename(file)}")
    if wrong:
        sys.exit(ExitCode.WRONG_INPUT)
