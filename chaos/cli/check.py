"""`chaos check RUN`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("check")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(run: Path, output: str) -> None:
    """Give the verdict of the run kept in directory RUN again, from nothing but that directory."""
    from rich.console import Console

    from chaos.cli.ending import reader_may_leave
    from chaos.cli.judging import judge_again
    from chaos.report.json_file import results_text
    from chaos.report.summary import print_summary

    kept = judge_again(run)
    with reader_may_leave():
        if output == "json":
            click.echo(results_text(kept.results), nl=False)
        else:
            print_summary(Console(highlight=False), kept.results, kept.directory)
    sys.exit(kept.results.exit_code)
