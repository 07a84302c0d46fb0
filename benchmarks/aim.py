"""How exactly faults were injected in runs that are kept: by kind, at the median and the 99th percentile.

    chaos explore experiments/exploration.yaml --runs 200 --seed 7 --into /tmp/explored
    python benchmarks/aim.py /tmp/explored

Three times are told: from when a fault was due until it was requested (how late the timeline was), from there
until it was confirmed (the evidence takes its time: a kill is seen in milliseconds, a latency takes a few round
trips), and, where evidence tells it, until the change itself was in force.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from chaos.ledger.events import Event, FaultConfirmed, FaultRequested
from chaos.ledger.reader import read_events

Times = dict[str, dict[str, list[float]]]


def main() -> None:
    """Print a row for each kind of fault."""
    times: Times = defaultdict(lambda: defaultdict(list))
    for place in sys.argv[1:]:
        for ledger in Path(place).glob("*/ledger"):
            for kind, what, took_ms in _times(read_events(ledger)[0]):
                times[kind][what].append(took_ms)
    print(f"{'fault':<14}{'due to requested, ms':>26}{'to confirmed, ms':>30}{'in force after, ms':>28}")
    for kind in sorted(times):
        cells = [_cell(times[kind][what]) for what in ("late", "confirmed", "in force")]
        print(f"{kind:<14}{cells[0]:>26}{cells[1]:>30}{cells[2]:>28}")


def _times(events: tuple[Event, ...]) -> Iterator[tuple[str, str, float]]:
    requested: dict[str, FaultRequested] = {}
    for event in events:
        if isinstance(event, FaultRequested):
            requested[event.fault] = event
            yield event.kind, "late", (event.time_ns - event.due_ns) / 1e6
        elif isinstance(event, FaultConfirmed):
            request = requested[event.fault]
            yield request.kind, "confirmed", (event.time_ns - request.time_ns) / 1e6
            if "in_force_after_ms" in event.evidence:
                yield request.kind, "in force", float(event.evidence["in_force_after_ms"])


def _cell(values: list[float]) -> str:
    if not values:
        return "-"
    last = statistics.quantiles(values, n=100)[-1] if len(values) > 1 else values[0]
    return f"{statistics.median(values):.1f}, {last:.1f} (of {len(values)})"


if __name__ == "__main__":
    main()
