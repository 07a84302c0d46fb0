"""A run is followed from outside while it runs: scraped as Prometheus does, and received as a collector does."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.conftest import KILL, PATIENCE_S, Chaos
from tests.exports.collector import Collector, attributes, collecting


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as up:
        yield up


class Scraper:
    """Visits the page every 100 ms until it is gone, and keeps the highest value seen of each sample."""

    def __init__(self, url: str) -> None:
        self.highest: dict[tuple[str, str], float] = {}
        self._url = url
        self._thread = threading.Thread(target=self._visit)
        self._thread.start()

    def _visit(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(self._url, timeout=5) as answer:
                    text = answer.read().decode()
            except OSError:
                return
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    label = sample.labels.get("fault") or sample.labels.get("verdict") or ""
                    name = (sample.name, label)
                    self.highest[name] = max(self.highest.get(name, 0.0), sample.value)
            time.sleep(0.1)

    def done(self) -> dict[tuple[str, str], float]:
        """What was seen, once the page is gone."""
        self._thread.join()
        return self.highest


def test_a_run_can_be_followed_while_it_runs(chaos: Chaos, collector: Collector) -> None:
    arguments = ("--prometheus", "127.0.0.1:0", "--otlp", collector.url, "--output", "json")
    child = chaos.start("run", chaos.file(KILL), *arguments)
    assert child.stderr is not None
    scraper = Scraper(child.stderr.readline().split()[-1])
    done = chaos.finish(child)
    seen = scraper.done()
    assert (done.code, done.err) == (0, "")
    assert seen["chaos_jobs_acknowledged_total", ""] == 200
    assert seen["chaos_fault_active", "kill"] == 1
    assert seen["chaos_verdict", "passed"] == 1
    results = done.results
    fault, root = collector.spans["fault kill"], collector.spans[f"run {results['run']}"]
    assert attributes(root.attributes)["chaos.verdict"] == "passed"
    assert fault.parent_span_id == root.span_id
    [told] = results["faults"]
    lasted_s = (fault.end_time_unix_nano - fault.start_time_unix_nano) / 1e9
    assert lasted_s == pytest.approx(told["reverted_s"] - told["requested_s"], abs=0.001)
    assert [event.name for event in fault.events] == ["confirmed", "reverted"]
    assert collector.points["chaos.jobs.settled"][0].as_int == 200
    assert json.loads(done.out.splitlines()[-1])["verdict"] == "passed"


def test_what_can_not_be_followed_is_refused_before_anything_is_started(chaos: Chaos) -> None:
    file = chaos.file(KILL)
    beyond = chaos("run", file, "--prometheus", "0.0.0.0:9464")
    assert (beyond.code, chaos.runs.exists()) == (2, False)
    assert "--export-beyond-loopback allows it" in beyond.err
    nobody = chaos("run", file, "--otlp", "http://127.0.0.1:1")
    assert (nobody.code, chaos.runs.exists()) == (2, False)
    assert "nothing listens at 127.0.0.1:1" in nobody.err
