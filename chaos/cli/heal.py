"""`chaos heal [RUN…]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from chaos.guardian.healing import Healed
    from chaos.run_directory import RunDirectory
    from chaos.verdict.results import ExitCode

_GUARDIAN_ACTS_WITHIN_S = 15.0


@click.command("heal")
@click.argument("runs", nargs=-1, metavar="[RUN…]")
def command(runs: tuple[str, ...]) -> None:
    """Undo what runs have left behind that died before they could.

    \b
    RUN is a run's directory, or the name of a registered run; without any, every run of this user is
    healed whose runner is dead. A run's guardian does the same at once when the runner dies: this is for when
    both died, and for after a restart of the machine. Healing twice does no harm.

    \b
    Exit codes: 0 nothing is left, 2 it is no run or it goes on, 5 something is left: the message names it.
    """
    from chaos.verdict.results import worst

    directories = [_named(run) for run in runs] if runs else _left_by_the_dead()
    if not directories:
        click.echo("there is nothing to heal")
    sys.exit(worst([_heal(directory) for directory in directories]))


def _named(run: str) -> RunDirectory:
    from chaos.guardian.runs import registered
    from chaos.run_directory import RunDirectory

    for known in registered()[0]:
        if run in (known.name, str(known.directory.path)) or Path(run).absolute() == known.directory.path:
            return known.directory
    directory = RunDirectory(Path(run).absolute())
    if not directory.undo.is_dir():
        _refuse(
            f"{run} is no run that can be healed: it has no {directory.undo.name} directory, and is not registered"
        )
    return directory


def _left_by_the_dead() -> list[RunDirectory]:
    """The registered runs, but those that go on."""
    from chaos.guardian.lock import comes_free
    from chaos.guardian.runs import registered

    runs, problems = registered()
    for problem in problems:
        click.echo(problem, err=True)
    return [run.directory for run in runs if run.runner.find() is None or comes_free(run.directory)]


def _heal(directory: RunDirectory) -> ExitCode:
    from chaos.guardian.healing import heal
    from chaos.guardian.lock import LockHeld
    from chaos.verdict.results import ExitCode

    try:
        healed = heal(directory, _patience_s(directory))
    except LockHeld as error:
        click.echo(f"{error}: nothing was done; `chaos halt` ends every run", err=True)
        return ExitCode.WRONG_INPUT
    _print(directory, healed)
    return ExitCode.TOOLKIT_FAILED if healed.left else ExitCode.PASSED


def _patience_s(directory: RunDirectory) -> float:
    """Nobody waits for a runner that lives; a guardian that acts for a dead one is soon done."""
    from chaos.guardian.runs import registered

    alive = any(run.directory == directory and run.runner.find() is not None for run in registered()[0])
    return 0.0 if alive else _GUARDIAN_ACTS_WITHIN_S


def _print(directory: RunDirectory, healed: Healed) -> None:
    click.echo(
        f"{directory}: {'something is left' if healed.left else 'nothing is left'}", err=bool(healed.left)
    )
    for line in healed.undone:
        click.echo(f"  undone: {line}")
    for line in healed.ended:
        click.echo(f"  ended:  {line}")
    for line in healed.left:
        click.echo(f"  left:   {line}", err=True)


def _refuse(problem: str) -> NoReturn:
    from chaos.verdict.results import ExitCode

    click.echo(problem, err=True)
    sys.exit(ExitCode.WRONG_INPUT)
