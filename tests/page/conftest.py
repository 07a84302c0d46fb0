"""One page for all tests that only look."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.experiment.shipped import shipped_experiments
from chaos.gamedays.entries import Answer
from chaos.gamedays.kept import KeptGameday, begin
from chaos.report.reported_run import ReportedRun
from chaos.report.writing import write_after_run
from tests.page.served import Served, served
from tests.report.kept import kept_run

KEPT = "20260102T030405Z-kill-0a1b2c"
LOST = "20260102T040506Z-kill-3d4e5f"
SCHEDULES = """\
schedules:
  - {name: nightly-with-a-rather-long-name, experiments: [crash-recovery.yaml], cron: "30 3 * * mon-fri"}
  - {name: often, experiments: [crash-recovery.yaml], every: 6h}
"""


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kept runs: one that passed, and one that lost a job."""
    place = tmp_path_factory.mktemp("page") / "runs"
    for name, lost in ((KEPT, False), (LOST, True)):
        _write(kept_run(place / name, lost=lost))
    (place.parent / "secret.txt").write_text("not for the page", encoding="utf-8")
    return place


def _write(run: ReportedRun) -> None:
    (run.directory.path / "logs").mkdir()
    (run.directory.path / "logs" / "core.log").write_text("core is up\n", encoding="utf-8")
    assert list(write_after_run(run)) == []


@pytest.fixture(scope="session")
def gameday(runs: Path) -> KeptGameday:
    """A gameday that was begun, with a decision and a note."""
    begun = begin(shipped_experiments() / "gamedays" / "first-gameday.yaml", runs, system=None, overrides=())
    begun.decide(Answer.GO, by="Ann", why="everybody is here")
    begun.note("a/rather/long/path/that/does/not/fit/" * 3, by="Ann")
    return begun


@pytest.fixture(scope="session")
def schedules(runs: Path) -> Path:
    """A file of schedules."""
    shutil.copy(shipped_experiments() / "crash-recovery.yaml", runs.parent)
    (runs.parent / "schedules.yaml").write_text(SCHEDULES, encoding="utf-8")
    return runs.parent / "schedules.yaml"


@pytest.fixture(scope="session")
def ui(runs: Path, gameday: KeptGameday, schedules: Path) -> Iterator[Served]:
    """A page that shows all of them."""
    assert gameday.file.exists()
    with served(runs, "--schedules", str(schedules)) as page:
        yield page
