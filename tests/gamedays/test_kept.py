"""Kept gamedays: found by name, decided about by several, each answer only where it is due."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from chaos.gamedays.entries import Answer, Recommendation
from chaos.gamedays.kept import (
    KeptGameday,
    NoSuchGameday,
    NotDue,
    UnreadableGameday,
    find_gameday,
    kept_gamedays,
)
from tests.gamedays.conftest import WITH_PEOPLE, Begun, decided, ended


def test_one_that_was_begun_knows_its_file_as_it_was_then(begun: Begun, tmp_path: Path) -> None:
    gameday = begun(WITH_PEOPLE, system="reseolio", overrides=("load.jobs=10",))
    (tmp_path / "day.yaml").write_text("title: something else\n", encoding="utf-8")
    state = gameday.state()
    assert state.gameday.title == "With people"
    assert (state.began.system, state.began.set) == ("reseolio", ("load.jobs=10",))
    assert state.began.experiments_from == str(tmp_path)
    assert gameday.runs == tmp_path / "runs"


def test_they_are_found_by_directory_name_beginning_and_end(begun: Begun, tmp_path: Path) -> None:
    first, second = begun(), begun()
    runs = tmp_path / "runs"
    assert {each.name for each in kept_gamedays(runs)} == {first.name, second.name}
    for name in (str(first.path), first.name, first.name[-6:]):
        assert find_gameday(runs, name).name == first.name
    with pytest.raises(NoSuchGameday, match="is the name of 2 gamedays"):
        find_gameday(runs, "20")
    with pytest.raises(NoSuchGameday, match=r"`chaos gameday list` names them"):
        find_gameday(runs, "gone")


def test_where_none_is_kept_the_command_that_begins_one_is_named(tmp_path: Path) -> None:
    assert kept_gamedays(tmp_path) == []
    with pytest.raises(NoSuchGameday, match=r"`chaos gameday run FILE` begins one"):
        find_gameday(tmp_path, None)


def test_only_what_is_due_can_be_decided_and_only_about_the_step_that_was_seen(begun: Begun) -> None:
    gameday = begun(WITH_PEOPLE)
    with pytest.raises(NotDue, match="due is go or no-go or skip"):
        gameday.decide(Answer.DONE, by="ann")
    gameday.decide(Answer.SKIP, by="ann", step=0)
    with pytest.raises(NotDue, match="step 1 is not the current one"):
        gameday.decide(Answer.SKIP, by="bob", step=0)
    gameday.decide(Answer.GO, by="ann", step=1)
    with pytest.raises(NotDue, match="its experiments are running"):
        gameday.decide(Answer.NO_GO, by="bob")


def test_of_many_who_decide_at_once_one_succeeds_and_the_others_are_told(begun: Begun) -> None:
    gameday = begun(WITH_PEOPLE)
    told: list[str] = []

    def decide(person: str) -> None:
        try:
            KeptGameday(gameday.path).decide(Answer.SKIP, by=person, step=0)
        except NotDue:
            told.append(person)

    people = [threading.Thread(target=decide, args=(f"person {number}",)) for number in range(8)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    state = gameday.state()
    assert (state.current, len(state.steps[0].decisions), len(told)) == (1, 1, 7)


def test_the_recommendation_can_only_be_lowered(begun: Begun) -> None:
    gameday = begun()
    for entry in (decided(0, Answer.GO), ended(0), decided(1, Answer.GO), ended(1), ended(1, experiment=1)):
        gameday.append(entry)
    with pytest.raises(NotDue, match="can only be lowered"):
        gameday.lower(Recommendation.GO, by="ann", why="I like it")
    gameday.lower(Recommendation.NO_GO, by="ann", why="odd charts")
    with pytest.raises(NotDue, match="can only be lowered"):
        gameday.lower(Recommendation.GO_WITH_RISKS, by="ann", why="on second thought")


def test_whether_somebody_walks_is_known(begun: Begun) -> None:
    gameday = begun()
    assert not gameday.is_walked()
    lock = gameday.walk_lock
    lock.acquire()
    assert gameday.is_walked()
    lock.release()
    assert not gameday.is_walked()


@pytest.mark.parametrize("file", ["gameday.yaml", "journal.ndjson"])
def test_one_that_is_damaged_is_told_by_its_name(begun: Begun, file: str) -> None:
    gameday = begun()
    (gameday.path / file).write_text("nonsense\n", encoding="utf-8")
    with pytest.raises(UnreadableGameday, match=f"{gameday.name} can't be read: .*{file}:1"):
        gameday.state()
