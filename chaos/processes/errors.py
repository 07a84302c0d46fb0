"""What can go wrong with a process that a run started."""

from __future__ import annotations


class ProcessError(Exception):
    """Something is wrong with a process; the message says which one, what, and what its log said last."""


class StartFailedError(ProcessError):
    """The program could not be started at all."""


class ProcessGoneError(ProcessError):
    """The process ended while something was still asked of it."""


class NotInTimeError(ProcessError):
    """Something that was waited for did not come within its time."""


class NotStoppedError(ProcessError):
    """Processes are left that even SIGKILL did not end; the message names their ids."""
