"""`chaos schedule list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaos.cli.arguments.kept_runs import output_option
from chaos.cli.arguments.schedules import located, steering
from chaos.cli.printing.moments import local

if TYPE_CHECKING:
    from chaos.schedules.steering import Standing


@click.command("list")
@located
@output_option
def command(file: Path, state: Path | None, output: str) -> None:
    """Say how each schedule stands: when it is due next, what is under way, what came of it last."""
    import json

    with steering(file, state) as steers:
        standings, served = steers.standings(), steers.service_runs()
        outdated = served and steers.is_outdated()
    if output == "json":
        values = {
            "service_runs": served,
            "outdated": outdated,
            "schedules": [_as_dict(each) for each in standings],
        }
        click.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    from chaos.cli.printing.tables import console_for_tables, plain_table

    table = plain_table("schedule", "when", "next due", "now", "last")
    for each in standings:
        table.add_row(
            each.schedule.name, _when(each), local(each.next_due, each.zone), _now(each), _last(each)
        )
    console_for_tables().print(table)
    if not served:
        click.echo("no service runs: `chaos schedule run` starts what is due")
    if outdated:
        click.echo(f"{file} has changed since the service began: end it, and start it again")


def _when(standing: Standing) -> str:
    from chaos.experiment.units import DURATION

    schedule = standing.schedule
    if schedule.every is not None:
        return f"every {DURATION.write(schedule.every)}"
    return f"{schedule.cron} ({standing.zone})"


def _now(standing: Standing) -> str:
    if standing.under_way is not None:
        return standing.under_way.outcome
    return "–" if standing.pause is None else f"paused: {standing.pause.reason or 'no reason given'}"


def _last(standing: Standing) -> str:
    last = standing.last
    return "–" if last is None else f"{last.outcome}, due {local(last.due, standing.zone)}"


def _as_dict(standing: Standing) -> dict[str, Any]:
    from chaos.cli.schedule.history import as_dict

    pause, due = standing.pause, standing.next_due
    return {
        "name": standing.schedule.name,
        "when": _when(standing),
        "next_due": None if due is None else due.isoformat(),
        "paused": None if pause is None else {"since": pause.since.isoformat(), "reason": pause.reason},
        "under_way": None if standing.under_way is None else as_dict(standing.under_way),
        "last": None if standing.last is None else as_dict(standing.last),
    }
