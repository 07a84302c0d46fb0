"""Why a part can't be had."""

from __future__ import annotations


class PartError(Exception):
    """A part can't be fetched, verified or kept; the message says why and what to do."""
