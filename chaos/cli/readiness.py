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
    from collections.abc import Iterable, Sequence

    from chaos.experiment.variant import Variant
    from chaos.history.readiness import Line, Readiness
    from chaos.history.results import KeptResults

_TIERS = ("minimum", "production", "battle-tested")
_STYLES = {"proven": "green", "refuted": "bold red", "old": "yellow", "missing": "dim"}


@click.command("readiness")
@click.option(
    "--system", metavar="NAME", help="The system, as by default; without it, every one that runs are kept of."
)
@click.option(
    "--variant",
    metavar="TEXT",
    help="Which variant of it, as `chaos runs` tells: 'storage=postgres, cores=2'.",
)
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
    system: str | None,
    variant: str | None,
    require: str | None,
    stale_after: float,
    runs: Path | None,
    output: str,
) -> None:
    """Say which tier of readiness a system has reached, line by line, by the kept runs.

    \b
    Each line stands with the newest run that proves or refutes it, or with the command that would prove it. A
    proof that is old, or of another version than that of the newest run, does not count. Each variant of a system
    stands for itself.

    \b
    chaos readiness --system reseolio --require production
    chaos readiness --system reseolio --variant 'storage=postgres, cores=2'
    """
    from datetime import UTC, datetime

    from chaos.cli.arguments.kept_runs import kept_results
    from chaos.cli.ending import reader_may_leave
    from chaos.history.criteria import Tier
    from chaos.history.readiness import readiness
    from chaos.verdict.results import ExitCode

    kept = kept_results(runs)
    now = datetime.now(UTC)
    answers = [
        readiness(name, each, kept, stale_after_s=stale_after, now=now)
        for name, each in _subjects(system, variant, kept)
    ]
    with reader_may_leave():
        if output == "json":
            click.echo(json.dumps([answer.to_dict() for answer in answers], indent=2, ensure_ascii=False))
        else:
            for answer in answers:
                _print(answer)
    if require is not None and not all(answer.reaches(Tier(require)) for answer in answers):
        sys.exit(ExitCode.FAILED)


def _subjects(
    system: str | None, variant: str | None, kept: Sequence[KeptResults]
) -> list[tuple[str, Variant | None]]:
    """The variant of the system that was asked for, or every one that there are runs of."""
    from chaos.cli.arguments.kept_runs import refuse
    from chaos.registry import unknown
    from chaos.systems.registry import SYSTEMS

    tested = {run.system.kind: (run.system.name, run.system.variant) for run in kept}
    if system is None:
        if variant is not None:
            raise click.UsageError("--variant needs --system, whose variant it is")
        every = [tested[kind] for kind in sorted(tested)]
        return every or refuse("no run is kept that could tell; --system NAME says what each line needs")
    names = {*SYSTEMS.names(), *(name for name, _ in tested.values())}
    if system not in names:
        refuse(unknown("system", system, names))
    return [(system, _variant_named(variant, [each for name, each in tested.values() if name == system]))]


def _variant_named(text: str | None, tested: Iterable[Variant | None]) -> Variant:
    """The variant that is meant, of those that there are runs of; without a text, the system as by default."""
    from chaos.cli.arguments.kept_runs import refuse
    from chaos.experiment.variant import in_words

    if text is None:
        return {}
    variants = {in_words(variant): variant for variant in tested if variant}
    if text not in variants:
        there = "; ".join(sorted(variants)) or "none"
        refuse(f"no run is kept of the variant {text!r} of this system. There are: {there}")
    return variants[text]


def _print(readiness: Readiness) -> None:
    from rich.text import Text

    from chaos.cli.printing.tables import console_for_tables, plain_table
    from chaos.history.criteria import Tier

    console = console_for_tables()
    console.print()
    console.print(
        Text(f"{readiness.in_words}: {readiness.tier or 'not even minimum'}", style="bold"),
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
