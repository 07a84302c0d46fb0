"""`chaos gameday run FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.gameday.options import by_option, no_terminal_option, person, runs_option, yes_option


@click.command("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--system", metavar="NAME", help="Put another system under test, but where a step names one.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change every experiment.")
@yes_option
@no_terminal_option
@runs_option
@by_option
def command(
    file: Path,
    system: str | None,
    overrides: tuple[str, ...],
    yes: bool,
    no_terminal: bool,
    runs: Path | None,
    by: str | None,
) -> None:
    """Walk through a gameday: gates, experiments, manual steps, notes, and a record at the end.

    \b
    Exit codes: the worst of its runs; besides, 1 for somebody's no-go, 4 if it was left before its end, and 3 for
    whatever else is a risk. 0 only with the recommendation `go`.

    \b
    chaos gameday run experiments/gamedays/first-gameday.yaml
    chaos gameday run experiments/gamedays/pre-release.yaml --system reseolio --yes
    """
    from chaos.cli.arguments.experiments import refuse, refuse_if_halted
    from chaos.cli.gameday.reading import check
    from chaos.cli.gameday.walking import Answering, walk_through
    from chaos.experiment.problems import InvalidExperiment
    from chaos.gamedays.kept import begin
    from chaos.gamedays.reading import read_gameday
    from chaos.run_directory import RunDirectory, runs_directory

    answering = Answering.chosen(yes=yes, no_terminal=no_terminal)
    try:
        gameday = check(read_gameday(file), file.parent, system, overrides)
    except InvalidExperiment as error:
        refuse(error.problems)
    refuse_if_halted()
    begun = begin(file, runs_directory(runs), system=system, overrides=overrides)
    click.echo(f"{gameday.title}\n{' '.join(gameday.purpose.split())}\n{RunDirectory(begun.path)}")
    walk_through(begun, person(by), answering)
