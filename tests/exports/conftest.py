"""A collector that is up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.exports.collector import Collector, collecting


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector of OpenTelemetry, and what it was sent."""
    with collecting() as up:
        yield up
