"""A real queue process to ask, kill and start again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systems.reference.served import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A running queue in a directory of its own."""
    with Served(tmp_path / "data") as running:
        yield running
