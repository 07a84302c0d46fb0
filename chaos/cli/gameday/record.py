"""`chaos gameday record`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments import said
from chaos.cli.gameday.options import by_option, meant, person, runs_option


@click.command("record")
@click.argument("name", required=False)
@click.option("--lower", type=click.Choice(["no-go", "go with risks"]), help="Lower the recommendation.")
@click.option("--why", type=said.text, help="With --lower: the reason.")
@by_option
@runs_option
def command(name: str | None, lower: str | None, why: str | None, by: str | None, runs: Path | None) -> None:
    """Write a gameday's record again, with what was noted since; without NAME, the newest's.

    The recommendation follows from the verdicts. People can lower it, and never raise it.
    """
    from chaos.gamedays.entries import Recommendation
    from chaos.gamedays.kept import NotDue
    from chaos.gamedays.recommendation import recommend
    from chaos.gamedays.record import write_record
    from chaos.run_directory import RunDirectory

    if (lower is None) != (not why):
        raise click.UsageError("--lower and --why go together")
    gameday, _ = meant(name, runs)
    if lower is not None:
        try:
            gameday.lower(Recommendation(lower), by=person(by), why=why or "")
        except NotDue as error:
            raise click.UsageError(str(error)) from error
    for file in write_record(gameday):
        click.echo(str(RunDirectory(file)))
    click.echo(f"recommendation: {recommend(gameday.state())}")
