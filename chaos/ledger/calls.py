"""What the load's own calls saw in a span of time: how long they took, and which were never answered.

Cheap to ask while a run is under way: the records of a time are found without reading what is ahead of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chaos.ledger.reader import LedgerFile, Records
from chaos.ledger.records import HEADER_BYTES, Kind
from chaos.ledger.writer import LEDGER_SUFFIX

LONGEST_CALL_NS: Final = 60 * 1_000_000_000
"""How long before a span a call may have been sent whose answer lies in it."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Calls:
    """What the calls of some components of the load saw between two moments, by the ledger.

    A call is one try to enqueue or to acknowledge. An answer that took longer than `LONGEST_CALL_NS` is not seen.

    Attributes:
        answered: Calls that were answered for certain in this time, if only with a refusal.
        fast_ms: How long the fastest quarter of them took at most; None if there were none.
        median_ms: How long those took at the median; None if there were none.
        slowest_ms: How long the slowest of them took; None if there were none.
        unanswered: Calls that ended in this time without a certain answer.
        connections_lost: Connections of these components that ended in this time.
        connections_made: Connections of these components that came about in this time.
        seconds: How long this time was.
    """

    answered: int
    fast_ms: float | None
    median_ms: float | None
    slowest_ms: float | None
    unanswered: int
    connections_lost: int
    connections_made: int
    seconds: float

    @property
    def lost_per_s(self) -> float:
        """How many connections ended a second."""
        return self.connections_lost / self.seconds if self.seconds > 0 else 0.0

    @property
    def unanswered_per_s(self) -> float:
        """How many calls ended a second without a certain answer."""
        return self.unanswered / self.seconds if self.seconds > 0 else 0.0


def calls_between(ledger: Path, components: Collection[str], start_ns: int, end_ns: int) -> Calls:
    """What the calls of these components saw from `start_ns` until just before `end_ns`.

    Args:
        ledger: The `ledger/` of a run, which may still be written.
        components: Producers and workers, by name; every start of each counts.
        start_ns: Where the span begins, by the machine's monotonic clock.
        end_ns: Where it ends.

    Raises:
        LedgerDamaged: A file holds what no writer wrote.
    """
    took_ns: list[Ints] = []
    unanswered = lost = made = 0
    for file in _files_of(ledger, components):
        records = file.between(start_ns - LONGEST_CALL_NS, end_ns)
        recent = records["time_ns"].astype(np.int64) >= start_ns
        kinds = records["kind"]
        took_ns += [_took_ns(records, recent, *kind) for kind in _CALLS]
        unanswered += int(np.count_nonzero(recent & np.isin(kinds, _UNANSWERED)))
        lost += int(np.count_nonzero(recent & (kinds == Kind.DISCONNECTED)))
        made += int(np.count_nonzero(recent & (kinds == Kind.CONNECTED)))
    took_ms = np.concatenate([np.zeros(0, np.int64), *took_ns]) / 1e6
    return Calls(
        answered=len(took_ms),
        fast_ms=float(np.quantile(took_ms, 0.25)) if len(took_ms) else None,
        median_ms=float(np.median(took_ms)) if len(took_ms) else None,
        slowest_ms=float(took_ms.max()) if len(took_ms) else None,
        unanswered=unanswered,
        connections_lost=lost,
        connections_made=made,
        seconds=(end_ns - start_ns) / 1e9,
    )


_CALLS: Final = (
    (Kind.ENQUEUE_INTENDED, (Kind.ENQUEUE_ACKNOWLEDGED, Kind.ENQUEUE_REFUSED), Kind.ENQUEUE_UNKNOWN),
    (Kind.ACK_INTENDED, (Kind.ACK_ACKNOWLEDGED, Kind.ACK_REFUSED), Kind.ACK_UNKNOWN),
)
_UNANSWERED: Final = (Kind.ENQUEUE_UNKNOWN, Kind.ACK_UNKNOWN)


def _files_of(ledger: Path, components: Collection[str]) -> Iterable[LedgerFile]:
    """Their files, but for those of processes that have just started, or ended before they wrote a header."""
    for component in sorted(set(components)):
        for path in sorted(Path(ledger).glob(f"{component}.*{LEDGER_SUFFIX}")):
            if path.stat().st_size < HEADER_BYTES:
                continue
            file = LedgerFile(path)
            if file.header.component == component:
                yield file


def _took_ns(
    records: Records, recent: Mask, intended: Kind, answers: tuple[Kind, ...], unanswered: Kind
) -> Ints:
    """How long each recently answered call of a kind took: from the intent just ahead of it under its serial."""
    calls = np.flatnonzero(np.isin(records["kind"], (intended, *answers, unanswered)))
    calls = calls[np.argsort(records["serial"][calls], kind="stable")]
    kinds, serials = records["kind"][calls], records["serial"][calls]
    times = records["time_ns"][calls].astype(np.int64)
    answered = np.isin(kinds[1:], answers) & recent[calls[1:]]
    paired = answered & (kinds[:-1] == intended) & (serials[1:] == serials[:-1])
    took: Ints = (times[1:] - times[:-1])[paired]
    return took
