"""`chaos schedule next`."""

from __future__ import annotations

from pathlib import Path

import click

from chaos.cli.arguments.kept_runs import output_option
from chaos.cli.arguments.schedules import located, steering
from chaos.cli.printing.moments import local


@click.command("next")
@located
@click.option("--count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many times.")
@output_option
def command(file: Path, state: Path | None, count: int, output: str) -> None:
    """Say what is due next, the soonest first, over all schedules that are not paused."""
    import json
    from dataclasses import asdict

    with steering(file, state) as steers:
        following = steers.upcoming(count)
    if output == "json":
        values = [{**asdict(each), "due": each.due.isoformat()} for each in following]
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    if not following:
        click.echo("nothing is due: every schedule is paused")
    for each in following:
        blackout = f"  does not begin: blackout {each.blackout}" if each.blackout else ""
        click.echo(f"{local(each.due, each.zone)}  {each.schedule}{blackout}")
