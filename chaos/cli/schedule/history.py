"""`chaos schedule history`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaos.cli.arguments.kept_runs import output_option
from chaos.cli.arguments.schedules import located, steering
from chaos.cli.printing.moments import local

if TYPE_CHECKING:
    from chaos.schedules.occurrences import Occurrence


@click.command("history")
@click.argument("schedule", required=False)
@located
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="Only so many.")
@output_option
def command(schedule: str | None, file: Path, state: Path | None, last: int, output: str) -> None:
    """Say what became of each time that was due, the newest first."""
    import json

    with steering(file, state) as steers:
        occurrences = steers.history(schedule, last)
    if output == "json":
        click.echo(json.dumps([as_dict(each) for each in occurrences], indent=2, ensure_ascii=False))
        return
    if not occurrences:
        click.echo("nothing was due yet")
        return
    from chaos.cli.printing.tables import console_for_tables, plain_table

    table = plain_table("due", "schedule", "outcome", "began", "why, or runs")
    for each in occurrences:
        table.add_row(
            local(each.due), each.schedule, each.outcome, local(each.began), each.why or ", ".join(each.runs)
        )
    console_for_tables().print(table, soft_wrap=True)


def as_dict(occurrence: Occurrence) -> dict[str, Any]:
    """As plain values, for other programs."""
    moments = {"due": occurrence.due, "began": occurrence.began, "ended": occurrence.ended}
    return {
        "schedule": occurrence.schedule,
        "cause": occurrence.cause,
        "outcome": occurrence.outcome,
        "why": occurrence.why,
        "runs": list(occurrence.runs),
        **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
    }
