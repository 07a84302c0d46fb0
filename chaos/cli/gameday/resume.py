"""`chaos gameday resume`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.gameday.options import by_option, meant, no_terminal_option, person, runs_option, yes_option


@click.command("resume")
@click.argument("name", required=False)
@yes_option
@no_terminal_option
@runs_option
@by_option
def command(name: str | None, yes: bool, no_terminal: bool, runs: Path | None, by: str | None) -> None:
    """Go on with a gameday where it stands; without NAME, with the newest.

    An experiment that ran when the walk was killed and has ended since counts; one that has not is ended and healed,
    and its step is asked about again.
    """
    from chaos.cli.arguments.experiments import refuse, refuse_if_halted
    from chaos.cli.gameday.reading import check
    from chaos.cli.gameday.walking import Answering, walk_through
    from chaos.experiment.problems import InvalidExperiment

    answering = Answering.chosen(yes=yes, no_terminal=no_terminal)
    gameday, state = meant(name, runs)
    if not state.is_open:
        raise click.UsageError(
            f"{gameday.name} is over: {state.stage}; `chaos gameday record {gameday.name}` tells of it"
        )
    began = state.began
    try:
        check(
            gameday.reading, Path(began.experiments_from), began.system, began.set, first_step=state.current
        )
    except InvalidExperiment as error:
        refuse(error.problems)
    refuse_if_halted()
    click.echo(state.gameday.title)
    walk_through(gameday, person(by), answering)
