"""Kept runs are listed, shown, and never reached by a path that a page sends."""

from __future__ import annotations

import pytest

from tests.page.conftest import KEPT, LOST
from tests.page.served import Served


def test_runs_are_listed_the_newest_first(ui: Served) -> None:
    page = ui.ask("/runs").text
    assert page.index(f"/runs/{LOST}") < page.index(f"/runs/{KEPT}")


def test_they_can_be_chosen(ui: Served) -> None:
    page = ui.ask("/runs?verdict=failed").text
    assert f"/runs/{LOST}" in page
    assert f"/runs/{KEPT}" not in page


def test_a_run_tells_its_verdict_and_why(ui: Served) -> None:
    page = ui.ask(f"/runs/{LOST}").text
    assert "loss: 1 job" in page
    assert f"/runs/{LOST}/report" in page


def test_a_report_can_reach_nothing(ui: Served) -> None:
    answer = ui.ask(f"/runs/{LOST}/report")
    assert answer.status == 200
    assert "Killing the core loses no job" in answer.text
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[:2] == ["sandbox allow-scripts", "default-src 'none'"]


def test_a_log_is_plain_text(ui: Served) -> None:
    answer = ui.ask(f"/runs/{KEPT}/logs/core")
    assert answer.text == "core is up\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing", "..", "%2e%2e", "..%2f..%2fsecret.txt", "%00", ".", "runs"])
def test_what_is_no_run_is_refused(ui: Served, name: str) -> None:
    for path in (f"/runs/{name}", f"/runs/{name}/report", f"/runs/{name}/logs/core"):
        answer = ui.ask(path)
        assert answer.status in (303, 307, 404), path
        assert "not for the page" not in answer.text


@pytest.mark.parametrize("name", ["nothing", "..%2fexperiment", "%2e%2e%2fresults", "core.log", "*"])
def test_what_is_no_log_is_refused(ui: Served, name: str) -> None:
    assert ui.ask(f"/runs/{KEPT}/logs/{name}").status == 404


@pytest.mark.parametrize("path", ["../server.py", "..%2fserver.py", "%2e%2e/access.py", "/etc/passwd"])
def test_only_what_belongs_to_the_page_is_served_beside_it(ui: Served, path: str) -> None:
    assert ui.ask(f"/static/{path}").status == 404


def test_trends_show_a_metric_over_the_runs(ui: Served) -> None:
    page = ui.ask("/trends?metric=throughput").text
    assert "<polyline" in page
    assert "reference" in page


def test_a_metric_that_nothing_measured_is_told(ui: Served) -> None:
    assert "No kept run measured that." in ui.ask("/trends?metric=%3Cscript%3E").text
