"""Random draws that a seed decides and nothing else moves.

Each draw is a hash of (seed, what it is for, its numbers), never the next value of a shared stream, so taking one
fault or one job away does not move any other draw, and processes need not share a generator.
"""

from __future__ import annotations

import hashlib
import secrets

_STEPS = 2**53  # between 0 and 1; most languages' numbers hold no more of them exactly


def new_seed() -> int:
    """A seed for a run that was not given one: small enough to be read out and typed."""
    return secrets.randbelow(2**32)


def draw(seed: int, purpose: str, *numbers: int) -> float:
    """A number in [0, 1) that depends on nothing but the arguments, the same in every language.

    It is the SHA-256 of `seed:purpose:number:number…` in UTF-8: the highest 53 of its first 64 bits, those read as a
    little-endian number, over 2^53.

    Args:
        seed: The run's seed.
        purpose: What is drawn, in words: `job-failure`.
        numbers: Which one of them: job number and attempt, say.
    """
    text = f"{seed}:{purpose}:{':'.join(map(str, numbers))}"
    first = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    return (first >> 11) / _STEPS


def happens(probability: float, seed: int, purpose: str, *numbers: int) -> bool:
    """Whether an event of this probability (0 to 1) happens in this draw."""
    return probability > 0.0 and draw(seed, purpose, *numbers) < probability
