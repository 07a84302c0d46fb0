"""What a latency toxic really adds: `python -m benchmarks.latency [TIMES]`.

A request to a core goes through a proxy over a new connection each time, first without and then with a toxic of 100 ms,
in either direction. What was added is each time with it less the median without it.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chaos.processes.component import Component
from chaos.proxies.links import ProxyLink
from chaos.proxies.proxies import Proxies, Wanted
from chaos.systems.reference.system import ReferenceSpec, ReferenceSystem

TIMES = 30
LATENCY_MS = 100


async def times_ms(link: ProxyLink, times: int) -> list[float]:
    """How long so many requests took."""
    trips = [await link.round_trip() for _ in range(times)]
    if failures := [trip.failure for trip in trips if trip.failure is not None]:
        raise SystemExit(f"{len(failures)} of {times} requests failed: {failures[0]}")
    return [trip.took_ms for trip in trips]


def row(what: str, values_ms: Sequence[float]) -> str:
    """One line of the table."""
    p99 = statistics.quantiles(values_ms, n=100, method="inclusive")[98]
    return (
        f"{what:40} {len(values_ms):6} {statistics.median(values_ms):9.2f} {p99:9.2f} {max(values_ms):9.2f}"
    )


async def main(times: int) -> None:
    """Measure and print."""
    print(f"{'ms':40} {'times':>6} {'median':>9} {'p99':>9} {'worst':>9}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (spec,) = ReferenceSystem(ReferenceSpec(name="reference"), directory / "core").prepare()
        core = Component("core", lambda _: None)
        proxies = Proxies("benchmark", directory, lambda _: None, url=None)
        try:
            await core.start(spec.command, log_path=directory / "core.log")
            await core.wait_ready(spec.is_ready, spec.ready_within_s)
            await proxies.start([Wanted("client", "core", str(spec.address))])
            link = proxies.link("client", "core", "latency")
            without_ms = await times_ms(link, times)
            print(row("a request through the proxy", without_ms))
            for stream in ("upstream", "downstream"):
                await link.add_toxic("latency", stream, {"latency": LATENCY_MS})
                added_ms = [took - statistics.median(without_ms) for took in await times_ms(link, times)]
                await link.remove_toxics()
                print(row(f"added by {LATENCY_MS} ms {stream}", added_ms))
        finally:
            await proxies.stop()
            await core.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES))
