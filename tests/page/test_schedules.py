"""Schedules are shown with their next times, and steered as `chaos schedule` does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.clock import utc_now
from chaos.experiment.shipped import shipped_experiments
from chaos.guardian.state import STATE_VARIABLE
from chaos.schedules.journal import Journal
from chaos.schedules.occurrences import Outcome
from chaos.schedules.place import Place
from chaos.schedules.reading import read_schedules
from chaos.schedules.steering import Standing, Steering
from tests.page.served import Served, served

FILE = """\
time-zone: Europe/Berlin
blackouts: [{name: month-end, cron: "0 0 1 * *", for: 36h}]
schedules:
  - {name: nightly, experiments: [crash-recovery.yaml], cron: "30 3 * * *"}
  - {name: often, experiments: [crash-recovery.yaml], every: 6h}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with the experiment, and with a state of its own."""
    place = tmp_path_factory.mktemp("schedules")
    shutil.copy(shipped_experiments() / "crash-recovery.yaml", place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STATE_VARIABLE, str(place / "state"))
        yield place


@pytest.fixture(scope="module")
def own(place: Path) -> Iterator[Served]:
    with served(place / "runs", "--schedules", str(place / "schedules.yaml")) as page:
        yield page


@pytest.fixture
def file(place: Path) -> Path:
    (place / "schedules.yaml").write_text(FILE, encoding="utf-8")
    return place / "schedules.yaml"


def standing(file: Path, name: str) -> Standing:
    """How a schedule stands, by the schedules themselves."""
    every = Steering(read_schedules(file), Place.chosen(None)).standings()
    return next(each for each in every if each.schedule.name == name)


def test_each_is_shown_with_when_it_is_due_next(own: Served, file: Path) -> None:
    page = own.ask("/schedules").text
    due = standing(file, "nightly").next_due
    assert due is not None
    assert f"{due:%Y-%m-%d} 03:30:00 CE" in page
    assert "every 6h" in page
    assert "No service runs" in page


def test_runs_that_are_kept_elsewhere_are_named_without_a_link(own: Served, file: Path, place: Path) -> None:
    schedules = read_schedules(file)
    journal = Journal(Place.chosen(None).journal)
    waiting = journal.trigger("often", utc_now())
    journal.move(waiting, Outcome.RUNNING)
    journal.move(replace(waiting, outcome=Outcome.RUNNING), Outcome.PASSED)
    journal.produced(waiting, ["20260102T030405Z-crash-recovery-0a1b2c"])
    journal.close()
    assert schedules.runs == place / "runs"
    link = '<a href="/runs/20260102T030405Z-crash-recovery-0a1b2c">'
    assert link in own.ask("/schedules").text
    file.write_text(f"runs: elsewhere\n{FILE}", encoding="utf-8")
    page = own.ask("/schedules").text
    assert link not in page
    assert "20260102T030405Z-crash-recovery-0a1b2c" in page
    assert f"<code>{place / 'elsewhere'}</code>" in page


def test_one_is_paused_and_resumed(own: Served, file: Path) -> None:
    assert own.ask("/schedules/nightly/pause", {"reason": "<i>holidays</i>"}).status == 303
    pause = standing(file, "nightly").pause
    assert pause is not None
    assert pause.reason == "<i>holidays</i>"
    assert "&lt;i&gt;holidays&lt;/i&gt;" in own.ask("/schedules").text
    assert own.ask("/schedules/nightly/resume", {}).status == 303
    assert standing(file, "nightly").pause is None


def test_one_is_run_now(own: Served, file: Path) -> None:
    assert own.ask("/schedules/often/trigger", {}).status == 303
    under_way = standing(file, "often").under_way
    assert under_way is not None
    assert under_way.outcome is Outcome.WAITING


@pytest.mark.parametrize("deed", ["pause", "resume", "trigger"])
def test_what_is_no_schedule_is_refused(own: Served, file: Path, deed: str) -> None:
    assert file.exists()
    answer = own.ask(f"/schedules/nightl/{deed}", {})
    assert answer.status == 409
    assert "nightly" in answer.text
    assert own.ask(f"/schedules/nightly/{deed}", {}, cookie="").status == 403


def test_what_is_wrong_with_the_file_is_told(own: Served, file: Path) -> None:
    file.write_text(FILE.replace("30 3 * * *", "30 3 * *"), encoding="utf-8")
    page = own.ask("/schedules").text
    assert "schedules.yaml:4" in page
    assert own.ask("/schedules/nightly/pause", {}).status == 409


def test_without_a_file_the_page_says_how_one_is_named(own: Served, file: Path) -> None:
    file.unlink()
    assert "chaos ui --schedules FILE" in own.ask("/schedules").text
