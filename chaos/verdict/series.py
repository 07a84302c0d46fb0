"""What several runs say together."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z_95 = 1.959963984540054


@dataclass(frozen=True)
class FailureRate:
    """How often runs failed, with the 95 % confidence interval of the true rate (Wilson's score interval, 1927)."""

    failed: int
    runs: int
    share: float
    low: float
    high: float


def failure_rate(*, failed: int, runs: int) -> FailureRate:
    """The rate of `failed` in `runs`, of which there is at least one."""
    share = failed / runs
    z2 = _Z_95**2
    centre = (share + z2 / (2 * runs)) / (1 + z2 / runs)
    half = _Z_95 / (1 + z2 / runs) * math.sqrt(share * (1 - share) / runs + z2 / (4 * runs**2))
    low = 0.0 if failed == 0 else centre - half
    high = 1.0 if failed == runs else centre + half
    return FailureRate(failed, runs, share, low, high)
