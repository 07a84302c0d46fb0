"""Trying again until a notice got there, a bounded number of times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from chaos.deadline import do_within
from chaos.notices.notice import Notice
from chaos.notices.protocol import CannotTell, Notifier, NotTold
from chaos.secrets import redacted

ATTEMPTS = 5
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 30.0
_PATIENCE = 1.1
"""A notifier that keeps to its time gives up by itself, and clears up, before it is given up."""


@dataclass(frozen=True)
class Delivery:
    """What became of a notice.

    Attributes:
        attempts: How often it was tried.
        problem: Why it did not get there; None: it did.
    """

    attempts: int
    problem: str | None


def deliver(notifier: Notifier[Any], notice: Notice, first_wait_s: float = _FIRST_WAIT_S) -> Delivery:
    """Tell a notice, with more and more time between the attempts; whatever goes wrong is returned.

    Args:
        notifier: The way to people.
        notice: What is told.
        first_wait_s: The most that is waited after the first attempt; it doubles with each.
    """
    attempts = 0

    def count(state: RetryCallState) -> None:
        nonlocal attempts
        attempts = state.attempt_number

    trying = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=first_wait_s, max=_LONGEST_WAIT_S),
        retry=retry_if_exception(
            lambda error: isinstance(error, Exception) and not isinstance(error, CannotTell)
        ),
        before=count,
        reraise=True,
    )
    try:
        trying(_attempt, notifier, notice)
    except Exception as error:  # noqa: BLE001 - a notifier may be anybody's, and never fails the check
        return Delivery(attempts, redacted(f"{type(error).__name__}: {error}"))
    return Delivery(attempts, None)


def _attempt(notifier: Notifier[Any], notice: Notice) -> None:
    """One attempt, given up after a while: a server that sends a byte now and then keeps a socket waiting for ever."""
    try:
        do_within(notifier.within_s * _PATIENCE, lambda: notifier.tell(notice))
    except TimeoutError:
        raise NotTold(f"it took more than {notifier.within_s:g} s") from None
