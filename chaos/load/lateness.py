"""How late the load was, counted as it goes: any number of enqueues in 2 KiB."""

from __future__ import annotations

from typing import Final

_STEPS_BITS: Final = 3
_STEPS: Final = 1 << _STEPS_BITS
_UNIT_NS: Final = 1000
_BUCKETS: Final = 64 * _STEPS


class Lateness:
    """A histogram of durations from 1 µs up whose buckets are 12.5 % wide, so its quantiles are that
    close."""

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self._total = 0
        self.highest_ns = 0

    def add(self, late_ns: int) -> None:
        """Count one enqueue, sent `late_ns` after it was due (less than 0: not late)."""
        units = late_ns // _UNIT_NS if late_ns > 0 else 0
        shift = max(0, units.bit_length() - 1 - _STEPS_BITS)
        self._counts[(shift << _STEPS_BITS) + (units >> shift)] += 1
        self._total += 1
        if late_ns > self.highest_ns:
            self.highest_ns = late_ns

    def quantile_ns(self, share: float) -> int:
        """The duration that this share of all stayed at or below, rounded up to its bucket; 0 if there are
        none."""
        wanted = share * self._total
        seen = 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return min(_upper_ns(bucket), self.highest_ns)
        return self.highest_ns


def _upper_ns(bucket: int) -> int:
    """The longest duration that is counted in a bucket."""
    shift = max(0, (bucket >> _STEPS_BITS) - 1)
    return ((bucket - (shift << _STEPS_BITS) + 1) << shift) * _UNIT_NS - 1
