"""People take part in a gameday on the page: they decide at its gates, keep notes, and read its record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.gamedays.entries import Answer, NoteKind, Recommendation
from chaos.gamedays.kept import KeptGameday, begin, kept_gamedays
from chaos.gamedays.recommendation import recommend
from chaos.gamedays.state import Stage
from tests.guardian.conftest import until
from tests.page.served import Served, served

FILE = """\
title: A gameday of <b>ours</b>
purpose: Find out what we do not know.
people: [{name: Ann, role: owner}]
steps:
  - {title: Get ready, gate: person, do: Look at the dashboards.}
  - {title: Kill the core, gate: person, expect: Nothing is lost., run: [x.yaml]}
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("gamedays") / "runs") as page:
        yield page


@pytest.fixture
def gameday(own: Served, tmp_path: Path) -> KeptGameday:
    (tmp_path / "ours.yaml").write_text(FILE, encoding="utf-8")
    return begin(tmp_path / "ours.yaml", own.runs, system=None, overrides=())


def test_gamedays_are_listed_with_where_they_stand(own: Served, gameday: KeptGameday) -> None:
    page = own.ask("/gamedays").text
    assert f"/gamedays/{gameday.name}" in page
    assert "at a gate, step 1 of 2" in page
    assert "A gameday of &lt;b&gt;ours&lt;/b&gt;" in page


def test_what_is_due_is_decided_with_who_and_why(own: Served, gameday: KeptGameday) -> None:
    for answer in ("go", "done"):
        form = {"answer": answer, "step": "0", "by": "Ann", "why": f"all is {answer}"}
        assert own.ask(f"/gamedays/{gameday.name}/decide", form).status == 303
    state = gameday.state()
    assert (state.current, state.stage) == (1, Stage.AT_GATE)
    assert [(each.answer, each.by, each.why) for each in state.steps[0].decisions] == [
        (Answer.GO, "Ann", "all is go"),
        (Answer.DONE, "Ann", "all is done"),
    ]
    assert "all is done" in own.ask(f"/gamedays/{gameday.name}").text


@pytest.mark.parametrize(
    "form", [{"answer": "done", "step": "0"}, {"answer": "go", "step": "1"}, {"answer": "go", "step": "7"}]
)
def test_what_is_not_due_is_refused(own: Served, gameday: KeptGameday, form: dict[str, str]) -> None:
    assert own.ask(f"/gamedays/{gameday.name}/decide", form).status == 409
    assert gameday.state().steps[0].decisions == ()


@pytest.mark.parametrize(
    "form", [{"answer": "rm -rf", "step": "0"}, {"answer": "go", "step": "-1"}, {"answer": "go"}, {}]
)
def test_what_is_no_decision_is_refused(own: Served, gameday: KeptGameday, form: dict[str, str]) -> None:
    assert own.ask(f"/gamedays/{gameday.name}/decide", form).status == 400


def test_notes_findings_and_action_items_are_kept(own: Served, gameday: KeptGameday) -> None:
    form = {"kind": "action", "text": "<script>mend it</script>", "by": "Ann", "owner": "Bob"}
    assert own.ask(f"/gamedays/{gameday.name}/note", form).status == 303
    (note,) = gameday.state().notes
    assert (note.kind, note.text, note.by, note.owner) == (NoteKind.ACTION, form["text"], "Ann", "Bob")
    assert "&lt;script&gt;mend it" in own.ask(f"/gamedays/{gameday.name}").text
    assert own.ask(f"/gamedays/{gameday.name}/note", {"kind": "note", "text": " "}).status == 400


def test_the_recommendation_can_only_be_lowered(own: Served, gameday: KeptGameday) -> None:
    assert recommend(gameday.state()) is Recommendation.NO_GO  # nothing has passed yet
    assert own.ask(f"/gamedays/{gameday.name}/lower", {"to": "go", "why": "please"}).status == 409


def test_the_record_can_be_read_at_any_time_and_can_reach_nothing(own: Served, gameday: KeptGameday) -> None:
    answer = own.ask(f"/gamedays/{gameday.name}/record")
    assert "Find out what we do not know." in answer.text
    assert answer.headers["content-security-policy"].startswith("sandbox ")


@pytest.mark.parametrize("name", ["nothing", "..", "%2e%2e%2fruns"])
def test_what_is_no_gameday_is_refused(own: Served, name: str) -> None:
    for path in (f"/gamedays/{name}", f"/gamedays/{name}/record"):
        assert own.ask(path).status == 404
    assert own.ask(f"/gamedays/{name}/decide", {"answer": "go", "step": "0"}).status == 404


@pytest.mark.parametrize("name", ["", "nothing", "../gamedays/first-gameday", "/etc/passwd"])
def test_a_gameday_that_is_not_listed_is_not_begun(own: Served, name: str) -> None:
    assert own.ask("/gamedays", {"gameday": name}).status == 404


def test_one_that_ships_is_begun_and_takes_its_answers_from_the_page(own: Served) -> None:
    assert own.ask("/gamedays", {"gameday": "first-gameday", "by": "Ann"}).status == 303

    def begun() -> KeptGameday | None:
        return next((e for e in kept_gamedays(own.runs) if "first-gameday" in e.name), None)

    until(lambda: (each := begun()) is not None and each.is_walked())
    gameday = begun()
    assert gameday is not None
    place = f"/gamedays/{gameday.name}/decide"
    assert own.ask(place, {"answer": "no-go", "step": "0", "by": "Ann", "why": "lunch"}).status == 303
    until(lambda: not gameday.is_walked())
    assert gameday.state().stage is Stage.ENDED_EARLY
