"""A small chart over the time axis: its lines as SVG paths, its grid, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chaos.report.page.axis import Linear, Logarithmic, Scale, Tick, TimeAxis, amount

Floats = NDArray[np.float64]

LOOKS: Final = 8
"""How many looks (colour and dashes) a line can have."""


@dataclass(frozen=True)
class Series:
    """Values over time; NaN where there is none."""

    name: str
    values: Floats


@dataclass(frozen=True)
class Line:
    """A series, drawn.

    Attributes:
        name: What it is.
        look: Which colour and dashes, from 0.
        path: The `d` of an SVG path, in percent of the chart's width and height.
        lowest, highest, typical: Its least and greatest value and its median, in words.
        column: Where its values stand in the table of numbers.
    """

    name: str
    look: int
    path: str
    lowest: str
    highest: str
    typical: str
    column: int


@dataclass(frozen=True)
class Chart:
    """Some lines of one unit.

    Attributes:
        title: What it shows.
        unit: Of all its values.
        lines: What is drawn.
        grid: The lines across it, by the height of each.
        numbers: The id of the table that holds its values.
    """

    title: str
    unit: str
    lines: tuple[Line, ...]
    grid: tuple[Tick, ...]
    numbers: str

    @property
    def in_words(self) -> str:
        """What a reader who does not see it should know."""
        told = (
            f"{line.name} between {line.lowest} and {line.highest}, half of the time up to {line.typical}"
            for line in self.lines
        )
        return f"{self.title}, {self.unit}: {'; '.join(told)}."


@dataclass(frozen=True)
class Numbers:
    """The values behind charts, as a table: one row a moment.

    Attributes:
        id: What charts call it.
        caption: What it holds.
        head: A name for each column.
        rows: The cells; the first is the time.
    """

    id: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Panel:
    """A chart to be: what it shows, before it is drawn."""

    title: str
    unit: str
    series: Sequence[Series]
    logarithmic: bool = False

    def scale(self) -> Scale:
        """One that holds all values."""
        values = np.concatenate([series.values for series in self.series])
        values = values[~np.isnan(values)]
        if self.logarithmic and (positive := values[values > 0]).size:
            return Logarithmic.over(float(positive.min()), float(positive.max()))
        return Linear.over(float(values.max(initial=0.0)))


def draw(
    panels: Sequence[Panel], times_s: Floats, axis: TimeAxis, *, name: str, caption: str
) -> tuple[tuple[Chart, ...], Numbers]:
    """Charts over the same moments, and the table of all their numbers.

    Args:
        panels: What to show; those without any series are left out.
        times_s: The moment of each value.
        axis: Where moments are.
        name: The id of the table.
        caption: What the table holds.
    """
    panels = [panel for panel in panels if panel.series]
    charts, column = [], 1
    for panel in panels:
        charts.append(_chart(panel, times_s, axis, name, column))
        column += len(panel.series)
    columns = [[amount(value) for value in s.values.tolist()] for panel in panels for s in panel.series]
    times = [f"{time_s:.2f}" for time_s in times_s.tolist()]
    head = [f"{series.name}, {panel.unit}" for panel in panels for series in panel.series]
    rows = tuple(zip(times, *columns, strict=True))
    return tuple(charts), Numbers(name, caption, ("time, s", *head), rows)


def _chart(panel: Panel, times_s: Floats, axis: TimeAxis, numbers: str, column: int) -> Chart:
    scale = panel.scale()
    at = [axis.at(time_s) for time_s in times_s.tolist()]
    lines = tuple(
        _line(series, at, scale, look=number % LOOKS, column=column + number)
        for number, series in enumerate(panel.series)
    )
    return Chart(panel.title, panel.unit, lines, tuple(scale.grid), numbers)


def _line(series: Series, at: Sequence[float], scale: Scale, *, look: int, column: int) -> Line:
    known = series.values[~np.isnan(series.values)]
    lowest, typical, highest = np.quantile(known, (0, 0.5, 1)).tolist() if len(known) else [np.nan] * 3
    return Line(
        name=series.name,
        look=look,
        path=_path(at, series.values.tolist(), scale),
        lowest=amount(lowest),
        highest=amount(highest),
        typical=amount(typical),
        column=column,
    )


def _path(at: Sequence[float], values: Sequence[float], scale: Scale) -> str:
    """One stroke for each stretch of values; one that stands alone is a dot."""
    strokes: list[list[str]] = [[]]
    for x, value in zip(at, values, strict=True):
        if value != value:  # NaN
            strokes.append([])
        else:
            strokes[-1].append(
                f"{x:.2f} {scale.height(value):.1f}" if _shown(value, scale) else f"{x:.2f} 100"
            )
    return "".join(
        f"M{'L'.join(points)}" + ("h0" if len(points) == 1 else "") for points in strokes if points
    )


def _shown(value: float, scale: Scale) -> bool:
    return value > 0 or isinstance(scale, Linear)
