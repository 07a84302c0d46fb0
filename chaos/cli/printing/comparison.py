"""Comparisons with a baseline, printed: by `chaos compare` and by `chaos run --baseline`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaos.history.comparison import Comparison, Line
    from chaos.history.results import KeptResults
    from chaos.run_directory import RunDirectory

_STYLES = {"better": "green", "worse": "bold red", "changed": "cyan", "unknown": "yellow"}


class Against:
    """A baseline that the runs of a command are held against, one after the other."""

    def __init__(self, baseline: KeptResults, runs: Path | None) -> None:
        self.regressions = 0
        self._baseline = baseline
        self._runs = runs

    @classmethod
    def named(cls, text: str, runs: Path | None) -> Against:
        """The kept run that is meant; one that can't be a baseline is refused by name."""
        from chaos.cli.arguments.kept_runs import results_of, run_named

        return cls(results_of(run_named(text, runs)), runs)

    def tell(self, directory: RunDirectory, output: str) -> None:
        """Say what got better or worse in a run that is kept now."""
        import json

        from chaos.cli.arguments.kept_runs import kept_results, results_of
        from chaos.history.comparison import compare

        comparison = compare(self._baseline, results_of(directory), kept_results(self._runs))
        self.regressions += len(comparison.regressions)
        if output == "json":
            click.echo(json.dumps({"event": "comparison", **comparison.to_dict()}))
        else:
            print_comparison(comparison, everything=False)


def print_comparison(comparison: Comparison, *, everything: bool) -> None:
    """What became of what, in a table; what is as it was is counted, unless everything is asked for."""
    from rich.text import Text

    from chaos.cli.printing.tables import console_for_tables, figure, plain_table

    console = console_for_tables()
    console.print()
    console.print(
        Text(f"{comparison.other.run}, against {comparison.baseline.run}", style="bold"), soft_wrap=True
    )
    for caveat in comparison.caveats:
        console.print(Text(f"  note: {caveat}", style="yellow"), soft_wrap=True)
    table = plain_table("", "before", "now", "", "noise", "", right=("before", "now"))
    for line in comparison.lines:
        if everything or line.change != "same" or line.about == "verdict":
            change = Text(line.change, style=_STYLES.get(line.change, ""))
            name = f"{line.name}, {line.unit}" if line.unit else line.name
            table.add_row(name, figure(line.before), figure(line.after), change, _noise(line), line.note)
    console.print(table)
    same = sum(line.change == "same" for line in comparison.lines)
    worse = len(comparison.regressions)
    click.echo(f"{worse} worse, {same} the same beyond noise, of {len(comparison.lines)} compared")


def _noise(line: Line) -> str:
    from chaos.cli.printing.tables import figure

    return "" if line.noise is None else f"±{figure(line.noise.amount)} ({line.noise.source})"
