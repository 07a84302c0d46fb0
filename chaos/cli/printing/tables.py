"""Tables on standard output, and the numbers in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WIDE = 200


def console_for_tables() -> Console:
    """Standard output; as wide as a table needs where it is no terminal."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def plain_table(*headings: str, right: tuple[str, ...] = ()) -> Table:
    """A table without lines; the columns in `right` hold numbers."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        number = heading in right
        table.add_column(heading, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return table


def figure(value: float | str | None) -> str:
    """A number with four significant digits, or a word; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
