"""`chaos schedule resume`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments.schedules import located, steering
from chaos.cli.printing.moments import local


@click.command("resume")
@click.argument("schedule")
@located
def command(schedule: str, file: Path, state: Path | None) -> None:
    """Let a paused schedule start again. What was due meanwhile is recorded as paused, and not made up for."""
    with steering(file, state) as steers:
        pause = steers.resume(schedule)
    if pause is None:
        click.echo(f"{schedule} was not paused")
    else:
        click.echo(f"{schedule} starts again; it was paused since {local(pause.since)}")
