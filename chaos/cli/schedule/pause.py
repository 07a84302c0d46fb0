"""`chaos schedule pause`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments import said
from chaos.cli.arguments.schedules import located, steering


@click.command("pause")
@click.argument("schedule")
@click.option("--reason", type=said.text, default="", help="Why, for whoever looks.")
@located
def command(schedule: str, reason: str, file: Path, state: Path | None) -> None:
    """Let a schedule start nothing until it is resumed; what is under way goes on."""
    with steering(file, state) as steers:
        steers.pause(schedule, reason)
    click.echo(f"{schedule} is paused; `chaos schedule resume {schedule}` lets it start again")
