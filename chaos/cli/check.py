"""`chaos check RUN`."""

from __future__ import annotations

import sys

import click


@click.command("check")
@click.argument("run", metavar="RUN")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(run: str, output: str) -> None:
    """Give the verdict of a kept run again, from nothing but its directory."""
    from rich.console import Console

    from chaos.cli.arguments.judging import judge_again
    from chaos.cli.arguments.kept_runs import kept_run
    from chaos.cli.ending import reader_may_leave
    from chaos.report.json_file import results_text
    from chaos.report.summary import print_summary

    kept = judge_again(kept_run(run))
    with reader_may_leave():
        if output == "json":
            click.echo(results_text(kept.results), nl=False)
        else:
            print_summary(Console(highlight=False), kept.results, kept.directory)
    sys.exit(kept.results.exit_code)
