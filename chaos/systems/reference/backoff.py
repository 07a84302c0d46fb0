"""How long a failed job waits before it runs again."""

from __future__ import annotations

from typing import assert_never

from chaos.systems.reference.jobs import Backoff, Options


def delay_ms(options: Options, failures: int, chance: float) -> int:
    """The wait before the next attempt, in milliseconds.

    Args:
        options: The job's options.
        failures: How many attempts have failed, at least 1.
        chance: A draw in [0, 1) that decides the jitter: the wait moves by up to `options.jitter` of itself.
    """
    planned = min(_growth(options, failures), options.max_delay_ms)
    jittered = planned * (1.0 + options.jitter * (2.0 * chance - 1.0))
    return min(round(jittered), options.max_delay_ms)


def _growth(options: Options, failures: int) -> int:
    match options.backoff:
        case Backoff.FIXED:
            return options.initial_delay_ms
        case Backoff.LINEAR:
            return options.initial_delay_ms * failures
        case Backoff.EXPONENTIAL:
            return options.initial_delay_ms << min(failures - 1, 62)
        case _:
            assert_never(options.backoff)
