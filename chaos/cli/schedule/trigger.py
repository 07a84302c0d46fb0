"""`chaos schedule trigger`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments.schedules import located, steering


@click.command("trigger")
@click.argument("schedule")
@located
def command(schedule: str, file: Path, state: Path | None) -> None:
    """Let a schedule be due now, even if it is paused. The service runs it; one that starts soon enough does, too."""
    with steering(file, state) as steers:
        occurrence, served = steers.trigger(schedule), steers.service_runs()
    click.echo(f"{schedule} is due now ({occurrence.due:%Y-%m-%d %H:%M:%S} UTC)")
    if not served:
        click.echo("no service runs: it begins when `chaos schedule run` does, unless that is too late")
