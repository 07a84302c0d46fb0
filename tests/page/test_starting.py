"""Only what the server has listed itself is started, and what can't become a run says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaos.experiment.shipped import shipped_experiments
from chaos.guardian.halting import end_runs
from chaos.guardian.runs import registered
from chaos.guardian.state import STATE_VARIABLE
from chaos.ledger.reader import read_events
from chaos.page.experiments import known_experiments
from tests.guardian.conftest import until
from tests.page.served import Served, served

SLOW = """\
title: A slow load
system: reference
load: {jobs: 3000, rate: 50/s, producers: 1, workers: {count: 1}, job: {duration: 5ms}}
"""


def around(ui: Served, wanted: str) -> Any:
    """What browsers are told beside the runs, once this is a part of it that says something."""
    with ui.listening() as messages:
        for _, message in messages:
            told = message["around"] or {}
            if value := told.get("changed", told).get(wanted):
                return value
    raise AssertionError("the page went away")


def test_all_that_ships_can_be_started_and_what_is_in_the_named_directories(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("title: My own\nprofiles: {full: {}}\n", encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("title: [", encoding="utf-8")
    known = known_experiments([tmp_path])
    assert {file.stem for file in shipped_experiments().glob("*.yaml")} < known.keys()
    own = known[f"{tmp_path}/own"]
    assert (own.title, own.profiles) == ("My own", ("full",))
    assert "broken.yaml" in known[f"{tmp_path}/broken"].title


@pytest.mark.parametrize(
    "name", ["", "nothing", "../experiments/crash-recovery", "/etc/passwd", "crash-recovery; id", "--help"]
)
def test_an_experiment_that_is_not_listed_is_refused(ui: Served, name: str) -> None:
    answer = ui.ask("/start", {"experiment": name})
    assert answer.status == 404
    assert "experiment" in answer.text


@pytest.mark.parametrize(("key", "name"), [("system", "--bin=/bin/sh"), ("profile", "../x")])
def test_a_system_and_a_profile_are_names_too(ui: Served, key: str, name: str) -> None:
    assert ui.ask("/start", {"experiment": "crash-recovery", key: name}).status == 404


def test_what_is_no_form_is_refused(ui: Served) -> None:
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/json"}):
        assert ui.ask("/start", {"experiment": "crash-recovery"}, headers=headers).status == 415


def test_a_form_that_is_too_big_is_refused(ui: Served) -> None:
    assert ui.ask("/start", {"experiment": "x" * 100_000}).status == 413


def test_what_was_started_goes_on_when_the_page_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    (tmp_path / "slow.yaml").write_text(SLOW, encoding="utf-8")
    with served(tmp_path / "runs", "--experiments", str(tmp_path)) as ui:
        assert ui.ask("/start", {"experiment": f"{tmp_path}/slow"}).status == 303
        until(lambda: registered()[0] != [])
        ui.process.kill()
        ui.process.wait()
    (run,), _ = registered()
    until(lambda: any(event.name == "load-scheduled" for event in read_events(run.directory.ledger)[0]))
    (ended,), _ = end_runs(within_s=30.0)
    assert (ended.name, ended.how, ended.left) == (run.name, "left in good order", ())


def test_an_experiment_that_can_not_be_run_says_why(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("title: Wrong\nsystem: none\nload: {jobs: 1}\n", encoding="utf-8")
    with served(tmp_path / "runs", "--experiments", str(tmp_path)) as ui:
        assert ui.ask("/start", {"experiment": f"{tmp_path}/wrong"}).status == 303
        (command,) = around(ui, "commands")
        while command.get("starting"):
            (command,) = around(ui, "commands")
        assert command["exit_code"] == 2
        assert "none" in command["said"]
