"""The page halts every run as `chaos halt` does, and lets runs start again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chaos.guardian.halting import halted, resume
from chaos.run_directory import RunDirectory
from tests.guardian.conftest import Runner, directory, run, state, until
from tests.page.served import Served, served

__all__ = ["directory", "run", "state"]


@pytest.fixture
def own(directory: RunDirectory, state: object) -> Iterator[Served]:
    """A page of its own, which halts nobody else's runs."""
    assert state
    with served(directory.path.parent) as page:
        yield page


def test_runs_under_way_are_ended_and_told(
    own: Served, run: Callable[..., Runner], directory: RunDirectory
) -> None:
    runner = run("start")
    assert own.ask("/halt", {"reason": "the database is being moved"}).status == 303
    until(runner.is_gone)
    mark = halted()
    assert mark is not None
    assert mark.reason == "the database is being moved"
    with own.listening() as messages:
        for _, message in messages:
            told = message["around"] or {}
            halt = told.get("changed", told).get("halt")
            if halt and halt["ended"]:
                break
    assert halt["ended"][0]["name"] == directory.name
    assert halt["ended"][0]["how"] == "left in good order"


def test_every_page_says_that_runs_are_halted_until_they_may_start_again(own: Served) -> None:
    assert own.ask("/halt", {"reason": "<b>lunch</b>"}).status == 303
    assert "&lt;b&gt;lunch&lt;/b&gt;" in own.ask("/runs").text
    assert own.ask("/resume", {}).status == 303
    assert halted() is None
    assert resume() is None
