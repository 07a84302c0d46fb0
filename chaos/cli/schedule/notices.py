"""`chaos schedule notices`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.cli.arguments.kept_runs import output_option
from chaos.cli.arguments.schedules import located, steering
from chaos.cli.printing.moments import local

if TYPE_CHECKING:
    from chaos.schedules.journal import KeptNotice


@click.command("notices")
@located
@output_option
def command(file: Path, state: Path | None, output: str) -> None:
    """Say what people were told, by whom, and what did not get there."""
    import json

    with steering(file, state) as steers:
        notices = [(steers.schedules.notifier(each.notifier), each) for each in steers.notices()]
    if output == "json":
        click.echo(json.dumps([_as_dict(each) for _, each in notices], indent=2, ensure_ascii=False))
        return
    for notifier, each in notices:
        click.echo(f"{notifier}: {each.notice.event}: {each.notice.title}\n    {_became(each)}")
    if not notices:
        click.echo("nothing was told yet")


def _became(kept: KeptNotice) -> str:
    if kept.told_at is None:
        return "still to be told"
    if kept.problem is None:
        return f"told {local(kept.told_at)}, attempts: {kept.attempts}"
    return f"not told, attempts: {kept.attempts}: {kept.problem}"


def _as_dict(kept: KeptNotice) -> dict[str, object]:
    from dataclasses import asdict

    told_at = None if kept.told_at is None else kept.told_at.isoformat()
    return {**asdict(kept), "told_at": told_at}
