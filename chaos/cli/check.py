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
    from chaos.experiment.problems import InvalidExperiment
    from chaos.experiment.reading import load_saved
    from chaos.ledger.damage import LedgerDamaged, LedgerMissing
    from chaos.ledger.story import IncompleteRun
    from chaos.report.json_file import results_text
    from chaos.report.summary import print_summary
    from chaos.run_directory import NotARun, RunDirectory
    from chaos.runner.vocabulary import vocabulary
    from chaos.script import Script
    from chaos.verdict.judge import judge
    from chaos.verdict.results import ExitCode

    try:
        directory = RunDirectory.open(run)
        script = Script.of(load_saved(directory.experiment, vocabulary()))
    except (NotARun, InvalidExperiment) as error:
        click.echo(str(error), err=True)
        sys.exit(ExitCode.WRONG_INPUT)
    try:
        results = judge(directory, script)
    except (LedgerDamaged, LedgerMissing, IncompleteRun, OSError) as error:
        click.echo(f"the run can't be judged: {error}", err=True)
        sys.exit(ExitCode.TOOLKIT_FAILED)
    with reader_may_leave():
        if output == "json":
            click.echo(results_text(results), nl=False)
        else:
            print_summary(Console(highlight=False), results, directory)
    sys.exit(results.exit_code)
