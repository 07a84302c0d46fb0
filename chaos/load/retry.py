"""How long to wait before the next try of a call."""

from __future__ import annotations

from typing import Final

from chaos.chance import draw

FIRST_PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 1.0


def pause_s(seed: int, job: int, tries: int) -> float:
    """The pause after so many tries: it doubles up to `LONGEST_PAUSE_S`, less up to half of it, by the seed.

    Args:
        seed: The run's seed.
        job: The job that the call is about, so that the calls of an outage don't come back all at once.
        tries: How many tries there have been, from 1.
    """
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(tries - 1, 16))
    return longest * (1.0 - 0.5 * draw(seed, "retry-pause", job, tries))
