"""`chaos compare RUN RUN…`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from chaos.cli.arguments.amounts import share
from chaos.cli.arguments.kept_runs import output_option, runs_option


@click.command("compare")
@click.argument("baseline", metavar="RUN")
@click.argument("others", nargs=-1, required=True, metavar="RUN…")
@click.option(
    "--threshold",
    callback=share,
    metavar="SHARE",
    default="10%",
    show_default=True,
    help="What is taken for noise where neither runs alike nor a figure's own uncertainty tell.",
)
@click.option("--all", "everything", is_flag=True, help="Show what is as it was, too.")
@click.option("--fail-on-regression", is_flag=True, help="Exit with 1 if anything got worse beyond noise.")
@runs_option
@output_option
def command(
    baseline: str,
    others: tuple[str, ...],
    threshold: float,
    everything: bool,
    fail_on_regression: bool,
    runs: Path | None,
    output: str,
) -> None:
    """Say what got better or worse beyond noise, from the first RUN to each of the others.

    \b
    chaos compare 1f2e3d latest
    chaos compare 1f2e3d latest --fail-on-regression --output json
    """
    from chaos.cli.arguments.kept_runs import kept_results, results_of, run_named
    from chaos.cli.ending import reader_may_leave
    from chaos.cli.printing.comparison import print_comparison
    from chaos.history.comparison import compare
    from chaos.verdict.results import ExitCode

    first, *rest = [results_of(run_named(text, runs)) for text in (baseline, *others)]
    kept = kept_results(runs)
    comparisons = [compare(first, other, kept, threshold) for other in rest]
    with reader_may_leave():
        if output == "json":
            click.echo(json.dumps([comparison.to_dict() for comparison in comparisons], indent=2))
        else:
            for comparison in comparisons:
                print_comparison(comparison, everything=everything)
    if fail_on_regression and any(comparison.regressions for comparison in comparisons):
        sys.exit(ExitCode.FAILED)
