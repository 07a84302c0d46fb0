"""How every command ends: with an exit code that means what docs/checks.md says, whatever happens."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

_INTERRUPTED = 4
_TOOLKIT_FAILED = 5
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


@contextmanager
def ending_well() -> Iterator[None]:
    """Turn whatever ends a command into its exit code.

    A signal ends with 4, outside a run too; an error that nobody expected, with 5; a reader of the output that has left
    changes nothing.
    """
    try:
        try:
            _catch_signals()
            yield
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.exceptions.Exit as exit_:
            sys.exit(exit_.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            sys.exit(_INTERRUPTED)
        except BrokenPipeError:
            silence_output()
            sys.exit(0)
        except OSError as error:
            click.echo(f"the output can't be written, or a file can't be used: {error}", err=True)
            sys.exit(_TOOLKIT_FAILED)
        except Exception:  # noqa: BLE001 - the last resort: exit code 1 would mean that the system failed
            traceback.print_exc()
            click.echo("this is a mistake in the toolkit, not a verdict on the system", err=True)
            sys.exit(_TOOLKIT_FAILED)
    except BrokenPipeError:
        silence_output()


def _catch_signals() -> None:
    """From here on a signal is a KeyboardInterrupt; a Ctrl-C that is ignored, as behind a shell's `&`, stays so."""
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and (name != "SIGINT" or signal.getsignal(number) is not signal.SIG_IGN):
            signal.signal(number, _interrupt)


def silence_output() -> None:
    """Nobody reads the output any more: what is still to be written goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Within this block the reader of the output may leave (`| head`) without changing how the command ends."""
    try:
        yield
        sys.stdout.flush()
    except (OSError, SystemExit) as error:
        if isinstance(error, SystemExit) and error.code != 1:
            raise
        silence_output()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
