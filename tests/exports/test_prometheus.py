"""The page that Prometheus scrapes, read with the parser of its client library."""

from __future__ import annotations

import re
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chaos.exports.place import Place
from chaos.exports.prometheus import PrometheusPage
from chaos.exports.protocol import ExportRefused
from chaos.verdict.results import ExitCode
from tests.exports.events import begin, confirm, request, results, revert

pytestmark = pytest.mark.alone

Scraped = dict[str, dict[frozenset[tuple[str, str]], float]]
RUN = {"experiment": "A title", "system": "reference"}


@pytest.fixture
def page() -> Iterator[PrometheusPage]:
    page = PrometheusPage(Place("127.0.0.1", 0))
    yield page
    page.close()


def scrape(page: PrometheusPage) -> Scraped:
    with urllib.request.urlopen(page.url, timeout=5) as answer:
        text = answer.read().decode()
    return {
        sample.name: {
            frozenset(each.labels.items()): each.value for each in family.samples if each.name == sample.name
        }
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(page: PrometheusPage, name: str, **labels: str) -> float:
    return scrape(page)[name][frozenset({**RUN, **labels}.items())]


def test_before_a_run_the_page_is_empty(page: PrometheusPage) -> None:
    assert scrape(page) == {}


def test_the_counts_of_the_load_are_there(page: PrometheusPage) -> None:
    begin(page)
    scraped = {name: list(samples.values()) for name, samples in scrape(page).items()}
    assert scraped == {
        "chaos_run_info": [1],
        "chaos_phase": [1],
        "chaos_jobs_planned": [100],
        "chaos_jobs_acknowledged_total": [50],
        "chaos_jobs_settled_total": [40],
        "chaos_executions_running": [3],
        "chaos_execution_failures_total": [2],
        "chaos_completions_per_second": [12],
    }
    assert value(page, "chaos_phase", phase="load") == 1


def test_a_fault_is_active_from_its_request_until_it_is_undone(page: PrometheusPage) -> None:
    begin(page)
    window = {"fault": "cut", "kind": "latency"}
    request(page)
    assert value(page, "chaos_fault_active", **window) == 1
    assert value(page, "chaos_fault_confirmed", **window) == 0
    confirm(page)
    revert(page)
    assert value(page, "chaos_fault_active", **window) == 0
    assert value(page, "chaos_fault_confirmed", **window) == 1


def test_the_verdict_is_there_once_it_is_known(page: PrometheusPage) -> None:
    begin(page)
    page.end()
    assert "chaos_verdict" not in scrape(page)
    page.judged(results(ExitCode.FAILED))
    assert value(page, "chaos_verdict", verdict="failed") == 1
    assert value(page, "chaos_verdict", verdict="passed") == 0


def test_the_next_run_begins_with_nothing_of_the_last(page: PrometheusPage) -> None:
    begin(page)
    request(page)
    page.judged(results())
    begin(page)
    assert not {"chaos_verdict", "chaos_fault_active"} & set(scrape(page))


def test_it_waits_for_the_next_visit_of_one_who_comes_regularly() -> None:
    page = PrometheusPage(Place("127.0.0.1", 0))
    begin(page)
    scrape(page)
    time.sleep(0.3)
    scrape(page)
    page.judged(results())
    closing = threading.Thread(target=page.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    assert value(page, "chaos_verdict", verdict="passed") == 1
    closing.join(5)
    assert not closing.is_alive()


@pytest.mark.parametrize("visits", [0, 1])
def test_it_waits_for_nobody_who_does_not_come(visits: int) -> None:
    page = PrometheusPage(Place("127.0.0.1", 0))
    begin(page)
    for _ in range(visits):
        scrape(page)
    page.judged(results())
    page.close()


def test_it_does_not_keep_one_who_interrupted_the_run() -> None:
    page = PrometheusPage(Place("127.0.0.1", 0))
    begin(page)
    scrape(page)
    time.sleep(0.5)
    scrape(page)
    page.judged(results(ExitCode.INTERRUPTED))
    began = time.monotonic()
    page.close()
    assert time.monotonic() - began < 0.9


def test_a_visitor_that_never_finishes_its_request_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.exports.prometheus._VISIT_AT_MOST_S", 0.3)
    page = PrometheusPage(Place("127.0.0.1", 0))
    host, port = page.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as visitor:
        visitor.sendall(b"GET /metr")
        assert visitor.recv(1) == b""
        began = time.monotonic()
        page.close()
    assert time.monotonic() - began < 4


def test_a_port_that_is_taken_is_refused_by_name(page: PrometheusPage) -> None:
    taken = page.url.split("/")[2]
    with pytest.raises(ExportRefused, match=f"{taken} can't be listened on"):
        PrometheusPage(Place("127.0.0.1", int(taken.rpartition(":")[2])))


def test_the_documentation_lists_every_metric(page: PrometheusPage) -> None:
    begin(page)
    request(page)
    page.judged(results())
    text = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) - set(scrape(page)) <= {"chaos_check_jobs"}
    assert {f"`{name}`" for name in scrape(page) if f"`{name}`" not in text} == set()
