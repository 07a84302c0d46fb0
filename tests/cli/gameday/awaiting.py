"""Waiting for what the runs of gamedays do."""

from __future__ import annotations

import time
from pathlib import Path

from chaos.guardian.runs import RegisteredRun, registered
from tests.cli.gameday.conftest import WITHIN_S


def runs_of(place: Path) -> list[RegisteredRun]:
    """The runs that are kept there, and under way or not healed."""
    return [run for run in registered()[0] if run.directory.path.is_relative_to(place)]


def wait_for_run(place: Path) -> RegisteredRun:
    """Wait until a run is under way there."""
    end = time.monotonic() + WITHIN_S
    while not (runs := runs_of(place)):
        assert time.monotonic() < end, "no run was ever registered"
        time.sleep(0.02)
    return runs[0]
