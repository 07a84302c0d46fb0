"""What the commands of `chaos gameday` share: which gameday is meant, and who speaks."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaos.cli.arguments import said

if TYPE_CHECKING:
    from chaos.gamedays.kept import KeptGameday
    from chaos.gamedays.state import GamedayState

runs_option = click.option(
    "--runs", type=click.Path(path_type=Path), help="Where runs are kept.  [default: CHAOS_RUNS or ./runs]"
)
gameday_option = click.option(
    "--gameday",
    "name",
    metavar="NAME",
    help="Which one, by its name or how that ends.  [default: the newest]",
)
yes_option = click.option(
    "--yes",
    "-y",
    is_flag=True,
    help="Ask nobody: people's gates are recorded as unattended, and what people do is skipped.",
)
no_terminal_option = click.option(
    "--no-terminal", is_flag=True, help="Nobody types here: answers come from `chaos gameday decide`."
)
by_option = click.option("--by", type=said.text, metavar="PERSON", help="Who says it.  [default: this user]")


def person(given: str | None) -> str:
    """Who speaks: who was named, or this user."""
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def meant(name: str | None, runs: Path | None) -> tuple[KeptGameday, GamedayState]:
    """The gameday that is meant, and where it stands.

    Raises:
        click.UsageError: There is none, or its directory does not hold what it should.
    """
    from chaos.gamedays.kept import NoSuchGameday, UnreadableGameday, find_gameday
    from chaos.run_directory import runs_directory

    try:
        gameday = find_gameday(runs_directory(runs), name)
        return gameday, gameday.state()
    except (NoSuchGameday, UnreadableGameday) as error:
        raise click.UsageError(str(error)) from error
