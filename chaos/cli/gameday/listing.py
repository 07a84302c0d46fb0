"""`chaos gameday list`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.gameday.options import runs_option


@click.command("list")
@runs_option
def command(runs: Path | None) -> None:
    """List the gamedays that are kept, the newest first, each with where it stands and what it recommends."""
    from chaos.gamedays.kept import UnreadableGameday, kept_gamedays
    from chaos.gamedays.recommendation import recommend
    from chaos.run_directory import runs_directory

    kept = kept_gamedays(runs_directory(runs))
    for gameday in kept:
        try:
            state = gameday.state()
        except UnreadableGameday as error:
            click.echo(str(error))
        else:
            click.echo(f"{gameday.name}  {state.stage}, {recommend(state)}")
    if not kept:
        click.echo(f"no gameday is kept in {runs_directory(runs)}; `chaos gameday run FILE` begins one")
