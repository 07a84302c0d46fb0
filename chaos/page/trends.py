"""Trends: one metric over all kept runs, a chart and a table for each series."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chaos.history.comparison import DECLARED_NOISE
from chaos.history.kept import Choice, kept_runs
from chaos.history.results import KeptResults
from chaos.history.trends import Point, Series, trends
from chaos.page.templates import page
from chaos.report.page.axis import Linear

WIDTH: Final = 640
HEIGHT: Final = 150
_SHOWN: Final = 50
_FIRST: Final = "throughput"


@dataclass(frozen=True)
class Dot:
    """A point of a chart: where, from the left and from the top."""

    x: float
    y: float
    point: Point


@dataclass(frozen=True)
class Chart:
    """A series, drawn: its newest points, the oldest first; `top` is what the highest line of the chart stands for."""

    series: Series
    dots: tuple[Dot, ...]
    top: float

    @property
    def line(self) -> str:
        """The `points` of an SVG polyline."""
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)


class Trends:
    """Shows trends of the runs that are kept in a directory."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs

    @property
    def routes(self) -> list[Route]:
        """Where trends are shown."""
        return [Route("/trends", self._show)]

    async def _show(self, request: Request) -> Response:
        runs = await asyncio.to_thread(self._results)
        metrics = sorted({each.metric for run in runs for each in run.measurements if each.value is not None})
        asked = {key: request.query_params.get(key) or None for key in ("experiment", "system")}
        chosen = [run for run in runs if Choice(**asked).takes(run)]
        metric = request.query_params.get("metric") or _FIRST
        measured = any(run.measurement(metric) for run in chosen)
        return page(
            "trends",
            metric=metric,
            metrics=metrics,
            asked=asked,
            choices={
                "experiment": sorted({run.experiment.name for run in runs}),
                "system": sorted({run.system.name for run in runs}),
            },
            charts=[_drawn(series) for series in trends(metric, chosen, DECLARED_NOISE)] if measured else [],
            width=WIDTH,
            height=HEIGHT,
        )

    def _results(self) -> Sequence[KeptResults]:
        told = (run.results for run in kept_runs(self._runs))
        return [results for results in told if results is not None and results.says_something]


def _drawn(series: Series) -> Chart:
    points = series.points[-_SHOWN:]
    scale = Linear.over(max(point.value for point in points))
    step = WIDTH / max(1, len(points) - 1)
    dots = (
        Dot(round(number * step, 1), round(scale.height(max(0.0, point.value)) * HEIGHT / 100, 1), point)
        for number, point in enumerate(points)
    )
    return Chart(series, tuple(dots), scale.top)
