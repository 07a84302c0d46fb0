"""`chaos schedule run`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.cli.arguments.schedules import lacking, located, read

if TYPE_CHECKING:
    from chaos.schedules.reading import Schedules

_TOOLKIT_FAILED = 5
"""As a number: whoever imports `ExitCode` imports everything that judges a run, and the service is to stay small."""


@click.command("run")
@located
@click.option(
    "--no-rehearsal",
    is_flag=True,
    help="Start without a rehearsal (`chaos run --dry-run`) of every schedule.",
)
def command(file: Path, state: Path | None, no_rehearsal: bool) -> None:
    """Run what is due, until a signal ends it: the long-running service.

    \b
    After a crash or a reboot it ends and heals what was under way, records it as interrupted, and says of every
    time that it missed whether it is made up for or missed. SIGTERM and Ctrl-C end it: the check under way is
    ended and undone, and recorded as interrupted. The file is read once; start it again after a change.

    \b
    Exit codes: 0 it was ended, 2 the file is wrong, a check can't run here, or another service runs on this state,
    5 its state can't be kept.
    """
    import sqlite3

    from chaos.guardian.lock import LockHeld
    from chaos.secrets import redacted

    schedules = read(file)
    try:
        from chaos.schedules.launcher import ProcessLauncher
        from chaos.schedules.place import Place
        from chaos.schedules.service import Service
    except ModuleNotFoundError as error:
        raise lacking(error) from error
    place = Place.chosen(state)
    try:
        service = Service(schedules, place, ProcessLauncher(schedules, place), _say)
        if not no_rehearsal:
            _rehearse(schedules)
        _say(f"{len(list(schedules))} schedules of {schedules.file}, state in {place.path}")
        service.run()
    except LockHeld as error:
        raise click.UsageError(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        click.echo(redacted(f"the state in {place.path} can't be kept: {error}"), err=True)
        sys.exit(_TOOLKIT_FAILED)
    _say("the service has ended")


def _say(line: str) -> None:
    from chaos.clock import utc_now

    click.echo(f"{utc_now():%Y-%m-%d %H:%M:%SZ} {line}")


def _rehearse(schedules: Schedules) -> None:
    """See that every check can run here, in processes of their own: this one is to stay small.

    Raises:
        click.UsageError: One can't.
    """
    import subprocess

    from chaos.processes.own_program import own_program

    for schedule in schedules:
        rehearsed = subprocess.run(
            own_program("chaos", *schedule.command.words, "--dry-run"),
            cwd=schedules.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if rehearsed.returncode:
            raise click.UsageError(f"{schedule.name} can't run here:\n{rehearsed.stderr.strip()}")
