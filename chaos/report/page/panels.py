"""Which charts the page has: of the jobs, from the timeline, and of the processes, from the samples."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from chaos.checks.timeline import MOST_BINS, Timeline
from chaos.clock import seconds_between
from chaos.guardian.supervision import GUARDIAN
from chaos.monitor.samples import RUNNER, ResourceSample
from chaos.report.page.charts import Floats, Panel, Series

_MIB: Final = float(1 << 20)
_GROUPS: Final = re.compile(r"(producer|worker)-\d+")


def job_panels(timeline: Timeline) -> list[Panel]:
    """What happened to the jobs; one value a bin."""

    def each_second(name: str, counts: Iterable[int]) -> Series:
        return Series(name, np.asarray(counts, np.float64) / timeline.bin_s)

    def jobs(name: str, counts: Iterable[int]) -> Series:
        return Series(name, np.asarray(counts, np.float64))

    return [
        Panel(
            "Throughput",
            "jobs a second",
            [each_second("enqueued", timeline.enqueued), each_second("completed", timeline.completed)],
        ),
        Panel(
            "Latency, from due to done",
            "ms",
            [
                Series("half of the jobs within", timeline.latency_p50 * 1e3),
                Series("95 % within", timeline.latency_p95 * 1e3),
                Series("99 % within", timeline.latency_p99 * 1e3),
            ],
            logarithmic=True,
        ),
        Panel(
            "Jobs under way", "jobs", [jobs("waiting", timeline.waiting), jobs("running", timeline.running)]
        ),
        Panel(
            "Jobs so far",
            "jobs",
            [
                jobs("acknowledged, in all", np.cumsum(timeline.acknowledged)),
                jobs("done, in all", timeline.done),
            ],
        ),
        Panel(
            "Errors",
            "a second",
            [
                each_second("failed executions", timeline.failed),
                each_second("refused calls", timeline.refused),
                each_second("calls without an answer", timeline.unanswered),
            ],
        ),
    ]


def resource_panels(samples: Sequence[ResourceSample], start_ns: int) -> tuple[list[Panel], Floats]:
    """What the processes used from the start of the load, and when: at each round of samples, or a few hundred bins.

    Producers and workers are shown together, each group by its sum; the toolkit's own processes come last.
    """
    rounds = [together for together in _rounds(samples) if together[0].time_ns >= start_ns]
    if not rounds:
        return [], np.zeros(0)
    bins = np.arange(len(rounds)) * min(MOST_BINS, len(rounds)) // len(rounds)

    def series(used: Callable[[ResourceSample], float]) -> list[Series]:
        by_name: Mapping[str, Floats] = defaultdict(lambda: np.full(len(rounds), np.nan))
        for number, together in enumerate(rounds):
            for sample in together:
                values = by_name[_shown_as(sample.component)]
                values[number] = np.nan_to_num(values[number]) + used(sample)
        names = sorted(by_name, key=lambda name: name in (RUNNER, GUARDIAN))
        return [Series(name, _highest(by_name[name], bins)) for name in names]

    times_s = np.array([seconds_between(start_ns, together[0].time_ns) for together in rounds])
    panels = [
        Panel("Memory", "MiB resident", series(lambda sample: sample.resident_bytes / _MIB)),
        Panel("CPU", "percent of one core", series(lambda sample: sample.cpu_percent)),
    ]
    return panels, _highest(times_s, bins)


def _rounds(samples: Iterable[ResourceSample]) -> Iterator[list[ResourceSample]]:
    """The samples that were taken one right after the other: until a component's turn comes again."""
    together: dict[str, ResourceSample] = {}
    for sample in samples:
        if sample.component in together:
            yield list(together.values())
            together = {}
        together[sample.component] = sample
    if together:
        yield list(together.values())


def _highest(values: Floats, bins: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Floats:
    """The highest value of each bin; NaN where it has none."""
    found = np.full(int(bins[-1]) + 1, np.nan)
    np.fmax.at(found, bins, values)
    return found


def _shown_as(component: str) -> str:
    group = _GROUPS.fullmatch(component)
    return f"{group[1]}s" if group else component
