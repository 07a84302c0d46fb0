"""What became of one request through a proxy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RoundTrip:
    """One request to the server of a link, through its proxy, over a connection of its own.

    Attributes:
        took_ms: From the start of connecting to the answer, or to the failure.
        failure: How it failed, in the words of the system: `refused`, `reset`, `no answer within 2 s`; None: answered.
    """

    took_ms: float
    failure: str | None
