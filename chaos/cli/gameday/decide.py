"""`chaos gameday decide ANSWER`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments import said
from chaos.cli.gameday.options import by_option, gameday_option, meant, person, runs_option


@click.command("decide")
@click.argument("answer", type=click.Choice(["go", "no-go", "skip", "done"]))
@click.option("--why", type=said.text, default="", help="The reason, for the record.")
@by_option
@gameday_option
@runs_option
def command(answer: str, why: str, by: str | None, name: str | None, runs: Path | None) -> None:
    """Decide about the step at hand: `go`, `no-go` (it ends there), `skip`; `done` for a manual step."""
    from chaos.gamedays.entries import Answer
    from chaos.gamedays.kept import NotDue

    gameday, state = meant(name, runs)
    try:
        gameday.decide(Answer(answer), by=person(by), why=why, step=state.current)
    except NotDue as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"step {state.current + 1}: {answer}")
