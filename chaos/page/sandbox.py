"""Pages that are made for themselves, such as reports: each runs its own script, and can reach nothing."""

from __future__ import annotations

from typing import Final

SANDBOX: Final = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
)
"""Neither this page, nor its cookie, nor any other place can be reached from such a page."""
