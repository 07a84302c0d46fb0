"""A run is followed by what it writes, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.guardian.runs import registered
from chaos.guardian.state import STATE_VARIABLE
from chaos.ledger.events import EVENTS_FILE
from chaos.page.followed_run import FollowedRun
from tests.page.handmade import HandmadeRun, under_way


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HandmadeRun]:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    with under_way(tmp_path / "runs") as made:
        yield made


@pytest.fixture
def followed(run: HandmadeRun) -> FollowedRun:
    assert run.name
    (registered_run,), _ = registered()
    return FollowedRun(registered_run)


def looked(followed: FollowedRun) -> Any:
    """The whole picture, after one more look."""
    followed.look()
    return followed.picture.whole()


def test_it_begins_with_what_the_experiment_says(run: HandmadeRun, followed: FollowedRun) -> None:
    picture = looked(followed)
    assert (picture["run"], picture["title"], picture["seed"]) == (run.name, "A run made by hand", "7")
    assert picture["state"] == "running"
    assert not followed.over


def test_jobs_are_counted_once_each(run: HandmadeRun, followed: FollowedRun) -> None:
    run.begin_load()
    run.enqueue(5, done=3)
    run.enqueue(2)
    counts = looked(followed)["counts"]
    assert counts["jobs"] == 100
    assert (counts["acknowledged"], counts["settled"], counts["waiting"]) == (7, 3, 4)
    assert ["enqueue acknowledged", 7] in looked(followed)["ledger"]


def test_a_fault_is_open_until_it_is_undone(run: HandmadeRun, followed: FollowedRun) -> None:
    run.break_core()
    (fault,) = looked(followed)["faults"]
    assert fault["requested_s"] <= fault["confirmed_s"]
    assert fault["reverted_s"] is None
    assert "SIGKILL" in fault["seen"]
    run.mend_core()
    (fault,) = looked(followed)["faults"]
    assert fault["reverted_s"] >= fault["confirmed_s"]


def test_a_hypothesis_tells_from_when_to_when_it_held(run: HandmadeRun, followed: FollowedRun) -> None:
    for value, held in ((20.0, True), (21.0, True), (3.0, False), (22.0, True)):
        run.answer(value, held=held)
    (hypothesis,) = looked(followed)["hypotheses"]
    assert (hypothesis["samples"], hypothesis["not_held"], hypothesis["held"]) == (4, 1, True)
    assert [span[2] for span in hypothesis["spans"]] == [True, False, True]
    assert hypothesis["answer"] == "22/s"


def test_news_are_only_what_came_since_the_last_look(run: HandmadeRun, followed: FollowedRun) -> None:
    run.begin_load()
    followed.look()
    first = followed.picture.news()
    assert first is not None
    assert first["changed"]["phases"] == [
        {"name": "baseline", "from_s": first["changed"]["phases"][0]["from_s"]}
    ]
    run.break_core()
    followed.look()
    news = followed.picture.news()
    assert news is not None
    assert "phases" not in news["changed"]
    assert [line["tone"] for line in news["grown"]["happened"]] == ["fault", "fault"]


def test_logs_are_followed_line_by_line(run: HandmadeRun, followed: FollowedRun) -> None:
    run.log("core", "up", "listening\x1b[31m")
    assert looked(followed)["logs"] == [
        {"component": "core", "text": "up"},
        {"component": "core", "text": "listening"},
    ]
    run.log("core", *(f"line {number}" for number in range(100)))
    texts = [row["text"] for row in looked(followed)["logs"][2:]]
    assert (texts[0], texts[-1], len(texts)) == ("[60 more lines]", "line 99", 41)


def test_secrets_are_taken_out_of_logs(run: HandmadeRun, followed: FollowedRun) -> None:
    run.log("core", "connecting to postgres://me:hunter22@localhost/x")
    assert looked(followed)["logs"][0]["text"] == "connecting to postgres://me:***@localhost/x"


def test_logs_are_not_shown_while_they_may_hold_secrets_that_only_the_runner_knows(
    run: HandmadeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ONLY_THE_RUNNER_HAS_IT", raising=False)
    text = run.directory.experiment.read_text(encoding="utf-8")
    database = "{name: reseolio, storage: postgres, database-url: '${env:ONLY_THE_RUNNER_HAS_IT}'}"
    run.directory.experiment.write_text(text.replace("reference", database), encoding="utf-8")
    run.log("core", "hunter22")
    (registered_run,), _ = registered()
    picture = looked(FollowedRun(registered_run))
    assert "logs" not in picture
    assert "ONLY_THE_RUNNER_HAS_IT" in picture["logs_hidden"]


@pytest.mark.parametrize(
    "line", ["rubbish", "[]", '{"event": "fault-confirmed", "time_ns": 1, "fault": "none", "evidence": {}}']
)
def test_a_ledger_that_can_not_be_read_is_told_and_left_alone(
    run: HandmadeRun, followed: FollowedRun, line: str
) -> None:
    with (run.directory.ledger / EVENTS_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert "can't be followed any further" in looked(followed)["problem"]
    assert followed.over


def test_whoever_comes_late_is_given_everything(run: HandmadeRun, followed: FollowedRun) -> None:
    run.begin_load()
    run.enqueue(5, done=3)
    run.break_core()
    followed.look()
    (registered_run,), _ = registered()
    late = looked(FollowedRun(registered_run))
    early = followed.picture.whole()
    for part in ("phases", "faults", "happened", "ledger"):
        assert late[part] == early[part]
