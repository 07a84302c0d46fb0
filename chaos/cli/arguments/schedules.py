"""What every command on schedules takes, and the errors that all tell alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from chaos.schedules.reading import Schedules
    from chaos.schedules.steering import Steering

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

file_option = click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    default="schedules.yaml",
    envvar="CHAOS_SCHEDULES",
    show_default=True,
    help="The file of schedules; CHAOS_SCHEDULES names another, too.",
)
state_option = click.option(
    "--state",
    "state",
    type=click.Path(path_type=Path),
    help="Where schedules keep their state.  [default: schedules in CHAOS_STATE, or in this user's state]",
)


def located(command: CommandT) -> CommandT:
    """The options that say which schedules are meant, and where their state is."""
    return file_option(state_option(command))


def read(file: Path) -> Schedules:
    """The file of schedules; otherwise say everything that is wrong with it, and leave."""
    from chaos.cli.arguments.experiments import refuse
    from chaos.experiment.problems import InvalidExperiment

    try:
        from chaos.schedules.reading import read_schedules

        return read_schedules(file)
    except ModuleNotFoundError as error:
        raise lacking(error) from error
    except InvalidExperiment as error:
        refuse(error.problems)


@contextmanager
def steering(file: Path, state: Path | None) -> Iterator[Steering]:
    """What looks at the schedules of a file, and steers them; within this block, what can't be done is said."""
    import sqlite3

    from chaos.cli.arguments.kept_runs import refuse

    schedules = read(file)
    from chaos.schedules.place import Place
    from chaos.schedules.steering import NotSteered, Steering

    place = Place.chosen(state)
    try:
        yield Steering(schedules, place)
    except NotSteered as error:
        refuse(str(error))
    except (OSError, sqlite3.DatabaseError) as error:
        refuse(
            f"the state in {place.path} can't be used ({error}): mend it, or name another one with --state"
        )


def lacking(error: ModuleNotFoundError) -> click.UsageError:
    """What to say where the extra is not installed; another missing module is a mistake in the toolkit.

    Raises:
        ModuleNotFoundError: The error itself, if it is about something else.
    """
    if error.name is None or error.name.partition(".")[0] not in ("apscheduler", "sqlalchemy"):
        raise error
    return click.UsageError(
        f"schedules need {error.name}, which is not installed: pip install 'chaos-queue[schedule]'"
    )
