"""Moments, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def local(moment: datetime | None, zone: str = "UTC") -> str:
    """A moment as the clock of a zone shows it; a dash where there is none."""
    from zoneinfo import ZoneInfo

    return "–" if moment is None else f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S %Z}"
