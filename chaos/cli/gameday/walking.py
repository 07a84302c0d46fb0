"""Walking through a gameday from the command line, to its exit code."""

from __future__ import annotations

import sys
from enum import Enum, auto
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from chaos.gamedays.kept import KeptGameday


class Answering(Enum):
    """Who answers where a person is to be asked."""

    HERE = auto()
    ELSEWHERE = auto()
    NOBODY = auto()

    @classmethod
    def chosen(cls, *, yes: bool, no_terminal: bool) -> Answering:
        """By the options of the command.

        Raises:
            click.UsageError: They contradict each other.
        """
        if yes and no_terminal:
            raise click.UsageError("--yes asks nobody, --no-terminal waits for somebody; choose one of them")
        return cls.NOBODY if yes else cls.ELSEWHERE if no_terminal else cls.HERE


def walk_through(gameday: KeptGameday, person: str, answering: Answering) -> NoReturn:
    """Walk, write the record, and leave with the exit code.

    Raises:
        click.UsageError: Somebody else walks through it.
        OSError: Its journal or its record can't be written.
    """
    from chaos.cli.gameday.lines import TypedLines
    from chaos.cli.gameday.terminal import Terminal
    from chaos.gamedays.recommendation import exit_code
    from chaos.gamedays.record import write_record
    from chaos.gamedays.walk import Left, walk
    from chaos.guardian.lock import LockHeld

    lock = gameday.walk_lock
    try:
        lock.acquire(within_s=_ASKED_FOR_S)
    except LockHeld as error:
        raise click.UsageError(str(error)) from error
    terminal = Terminal(gameday, person, TypedLines(sys.stdin) if answering is Answering.HERE else None)
    left = False
    try:
        try:
            walk(gameday, terminal, unattended=answering is Answering.NOBODY)
        except (Left, KeyboardInterrupt):
            left = True
        page, _ = write_record(gameday)
    except OSError as error:
        mend = f"mend that, and `chaos gameday resume {gameday.name}` goes on where it stood"
        raise OSError(f"{gameday.path} can't be used ({error.strerror or error}): {mend}") from error
    finally:
        lock.release()
    state = gameday.state()
    terminal.told_end(state, page, left=left)
    sys.exit(exit_code(state))


_ASKED_FOR_S = 1.0
"""Whoever asks whether somebody walks holds the lock for a moment."""
