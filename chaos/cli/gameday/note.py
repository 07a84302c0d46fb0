"""`chaos gameday note TEXT`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments import said
from chaos.cli.gameday.options import by_option, gameday_option, meant, person, runs_option


@click.command("note")
@click.argument("text", type=said.text)
@click.option("--finding", is_flag=True, help="It is a finding.")
@click.option(
    "--owner", type=said.text, metavar="PERSON", help="It is an action item, and this is who does it."
)
@by_option
@gameday_option
@runs_option
def command(
    text: str, finding: bool, owner: str | None, by: str | None, name: str | None, runs: Path | None
) -> None:
    """Keep a note with its time, while the gameday goes on or afterwards."""
    from chaos.gamedays.entries import NoteKind

    if finding and owner is not None:
        raise click.UsageError("a finding has no owner; note the action item by itself")
    if not text.strip() or (owner is not None and not owner.strip()):
        raise click.UsageError("a note, and an owner, are some text")
    kind = NoteKind.FINDING if finding else NoteKind.NOTE if owner is None else NoteKind.ACTION
    gameday, _ = meant(name, runs)
    gameday.note(text, by=person(by), kind=kind, owner=owner or "")
    click.echo(f"{kind} kept in {gameday.name}")
