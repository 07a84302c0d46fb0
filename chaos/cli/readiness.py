"""`chaos readiness`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.cli.arguments.amounts import duration_s
from chaos.cli.arguments.kept_runs import output_option, runs_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.history.readiness import Line, Readiness
    from chaos.history.results import KeptResults

_TIERS = ("minimum", "production", "battle-tested")
_STYLES = {"proven": "green", "refuted": "bold red", "old": "yellow", "missing": "dim"}


@click.command("readiness")
@click.option("--system", metavar="NAME", help="The system; without it, every one that runs are kept of.")
@click.option("--require", type=click.Choice(_TIERS), help="Exit with 1 unless this tier is reached.")
@click.option(
    "--stale-after",
    callback=duration_s,
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="How old a proof may be.",
)
@runs_option
@output_option
def command(
    system: str | None, require: str | None, stale_after: float, runs: Path | None, output: str
) -> None:
    """Say which tier of readiness a system has reached, line by line, by the kept runs.

    \b
    Each line stands with the newest run that proves or refutes it, or with the command that would prove it. A
    proof that is old, or of another version than that of the newest run, does not count.

    \b
    chaos readiness --system reseolio --require production
    """
    from datetime import UTC, datetime

    from chaos.cli.arguments.kept_runs import kept_results
    from chaos.cli.ending import reader_may_leave
    from chaos.history.criteria import Tier
    from chaos.history.readiness import readiness
    from chaos.verdict.results import ExitCode

    kept = kept_results(runs)
    now = datetime.now(UTC)
    answers = [readiness(name, kept, stale_after_s=stale_after, now=now) for name in _systems(system, kept)]
    with reader_may_leave():
        if output == "json":
            click.echo(json.dumps([answer.to_dict() for answer in answers], indent=2, ensure_ascii=False))
        else:
            for answer in answers:
                _print(answer)
    if require is not None and not all(answer.reaches(Tier(require)) for answer in answers):
        sys.exit(ExitCode.FAILED)


def _systems(chosen: str | None, kept: Sequence[KeptResults]) -> list[str]:
    """The system that was asked for, or every one that there are runs of."""
    from chaos.cli.arguments.kept_runs import refuse
    from chaos.registry import unknown
    from chaos.systems.registry import SYSTEMS

    tested = sorted({run.system.name for run in kept})
    if chosen is None:
        return tested or refuse("no run is kept that could tell; --system NAME says what each line needs")
    if chosen not in SYSTEMS and chosen not in tested:
        refuse(unknown("system", chosen, {*SYSTEMS.names(), *tested}))
    return [chosen]


def _print(readiness: Readiness) -> None:
    from rich.text import Text

    from chaos.cli.printing.tables import console_for_tables, plain_table
    from chaos.history.criteria import Tier

    console = console_for_tables()
    version = f" {readiness.version}" if readiness.version else ""
    console.print()
    console.print(
        Text(f"{readiness.system}{version}: {readiness.tier or 'not even minimum'}", style="bold"),
        soft_wrap=True,
    )
    for run in readiness.broken:
        lost = ", ".join(f"{check.name} {check.count:.0f} jobs" for check in run.broke_its_word)
        console.print(Text(f"  {run.experiment.name}: {lost} ({run.run})", style="bold red"), soft_wrap=True)
    for tier in Tier:
        table = plain_table(tier, "", "by", "")
        for line in readiness.of(tier):
            standing = Text(line.standing, style=_STYLES[line.standing])
            table.add_row(
                Text(line.criterion.line), standing, line.run.run[-6:] if line.run else "–", Text(_why(line))
            )
        console.print()
        console.print(table)
        unproven = [line for line in readiness.of(tier) if line.standing != "proven"]
        for command in dict.fromkeys(command for line in unproven for command in line.commands):
            console.print(Text(f"  next: {command}"), soft_wrap=True)


def _why(line: Line) -> str:
    often = f"; {line.refuted} of {line.asked} such runs refute it" if line.refuted and line.asked > 1 else ""
    return f"{line.why}{often}"
