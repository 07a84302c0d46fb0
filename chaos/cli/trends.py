"""`chaos trends METRIC`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.cli.arguments.amounts import share
from chaos.cli.arguments.kept_runs import choosing, output_option, runs_option

if TYPE_CHECKING:
    from chaos.history.trends import Series

_BARS = "▁▂▃▄▅▆▇█"
_STYLES = {"better": "green", "worse": "bold red", "changed": "cyan"}


@click.command("trends")
@click.argument("metric", metavar="METRIC")
@choosing
@click.option(
    "--last", type=click.IntRange(min=1), default=30, show_default=True, metavar="N", help="Runs to show."
)
@click.option(
    "--threshold",
    callback=share,
    metavar="SHARE",
    default="10%",
    show_default=True,
    help="What is taken for noise where neither runs alike nor a figure's own uncertainty tell.",
)
@runs_option
@output_option
def command(
    metric: str,
    experiment: str | None,
    system: str | None,
    last: int,
    threshold: float,
    runs: Path | None,
    output: str,
) -> None:
    """Show a metric over all kept runs, and mark what is worse or better than the good runs before it.

    \b
    A series is what can be compared: one experiment, profile, variant of a system and machine.

    \b
    chaos trends throughput --experiment crash-recovery --system reseolio
    """
    from chaos.cli.arguments.kept_runs import kept_results, refuse
    from chaos.cli.ending import reader_may_leave
    from chaos.history.kept import Choice
    from chaos.history.trends import NeverMeasured, trends

    choice = Choice(experiment=experiment, system=system)
    try:
        series = trends(metric, [run for run in kept_results(runs) if choice.takes(run)], threshold)
    except NeverMeasured as error:
        refuse(str(error))
    with reader_may_leave():
        if output == "json":
            click.echo(json.dumps([each.to_dict() for each in series], indent=2))
        else:
            for each in series:
                _print(each, last)


def sparkline(values: list[float]) -> str:
    """The values as bars, from the lowest to the highest of them."""
    low, high = min(values), max(values)
    steps = len(_BARS) - 1
    return "".join(
        _BARS[round((value - low) / (high - low) * steps) if high > low else steps // 2] for value in values
    )


def _print(series: Series, last: int) -> None:
    from rich.text import Text

    from chaos.cli.printing.tables import console_for_tables, figure, plain_table

    console = console_for_tables()
    profile = f" ({series.profile})" if series.profile else ""
    console.print()
    console.print(
        Text(
            f"{series.metric}, {series.experiment}{profile} on {series.kind}, {series.machine}",
            style="bold",
        ),
        soft_wrap=True,
    )
    shown = series.points[-last:]
    values = [point.value for point in shown]
    bars = Text(sparkline(values))
    for number, point in enumerate(shown):
        bars.stylize(_STYLES.get(point.change, ""), number, number + 1)
    span = Text(
        f"  {figure(min(values))} to {figure(max(values))} {series.unit}, {len(shown)} of {len(series.points)} runs"
    )
    console.print(bars, span, sep="", soft_wrap=True)
    table = plain_table(
        "run", "began (UTC)", "version", "says", series.unit, "±", "grade", "", right=(series.unit, "±")
    )
    for point in shown:
        mark = "" if point.change == "same" else point.change
        noise = f", noise ±{figure(point.noise.amount)}" if mark and point.noise else ""
        table.add_row(
            point.run[-6:],
            point.started_at.strftime("%Y-%m-%d %H:%M"),
            point.version,
            point.verdict,
            figure(point.value),
            figure(point.uncertainty),
            point.grade or "–",
            Text(f"{mark}{noise}", style=_STYLES.get(mark, "")),
        )
    console.print(table)
