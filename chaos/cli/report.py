"""`chaos report RUN`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("report")
@click.argument("run", metavar="RUN")
@click.option(
    "--format", "name", metavar="NAME", help="Only this one: html, json, junit, markdown, or a plugin's."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Where to write it; - prints it.  [default: RUN]",
)
def command(run: str, name: str | None, output: Path | None) -> None:
    """Make the reports of a kept run again, from nothing but its directory.

    \b
    chaos report latest
    chaos report runs/20260102T030405Z-crash-recovery-1f2e3d --format markdown --output -
    """
    from chaos.cli.arguments.judging import judge_again
    from chaos.cli.arguments.kept_runs import kept_run
    from chaos.cli.ending import reader_may_leave
    from chaos.registry import BrokenPartError, UnknownNameError
    from chaos.report.registry import REPORTS
    from chaos.report.writing import (
        ReportNotWritten,
        names_after_every_run,
        place_of,
        report_text,
        write_report,
    )
    from chaos.verdict.results import ExitCode

    if name is None and output is not None:
        raise click.UsageError("--output needs --format: which of the reports is to go there?")
    try:
        names = names_after_every_run() if name is None else [name]
        for each in names:
            REPORTS.named(each)
    except (UnknownNameError, BrokenPartError) as error:
        raise click.UsageError(str(error)) from error
    reported = judge_again(kept_run(run))
    try:
        for each in names:
            if output == Path("-"):
                with reader_may_leave():
                    click.echo(report_text(reported, each), nl=False)
                continue
            file = output or place_of(reported, each)
            write_report(reported, each, file)
            click.echo(f"wrote {file}")
    except ReportNotWritten as error:
        click.echo(str(error), err=True)
        sys.exit(ExitCode.TOOLKIT_FAILED)
