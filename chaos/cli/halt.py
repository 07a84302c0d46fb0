"""`chaos halt`."""

from __future__ import annotations

import sys

import click

from chaos.cli.arguments import said


@click.command("halt")
@click.option(
    "--reason",
    type=said.text,
    metavar="TEXT",
    default="no reason was given",
    help="Why: every refused run says it.",
)
@click.option(
    "--within", default="30s", show_default=True, metavar="TIME", help="How long runs have to leave."
)
def command(reason: str, within: str) -> None:
    """Stop all runs of this user, undo their faults, and let no new one start until `chaos resume`.

    \b
    Each run is asked to leave in good order. One that has not after --within is ended by force, and its faults
    are undone from outside.

    \b
    Exit codes: 0 nothing runs any more, 5 something is left: the message names it.
    """
    from pydantic_core import PydanticCustomError

    from chaos.experiment.units import DURATION
    from chaos.guardian.halting import end_runs, halt
    from chaos.guardian.state import StateUnwritable
    from chaos.verdict.results import ExitCode

    try:
        within_s = DURATION.read(within)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message(), param_hint="--within") from error
    try:
        halt(reason)
    except StateUnwritable as error:
        click.echo(f"runs can't be kept from starting: {error}", err=True)
        sys.exit(ExitCode.TOOLKIT_FAILED)
    click.echo("no run starts from now on, until `chaos resume`")
    runs, problems = end_runs(within_s)
    for run in runs:
        click.echo(f"{run.name}: {run.how}")
        for line in run.left:
            click.echo(f"  left: {line}", err=True)
    for problem in problems:
        click.echo(problem, err=True)
    if not runs:
        click.echo("no run was under way")
    left = problems or any(run.left for run in runs)
    sys.exit(ExitCode.TOOLKIT_FAILED if left else ExitCode.PASSED)
