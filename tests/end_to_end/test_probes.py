from __future__ import annotations

import json
import socket

from tests.end_to_end.conftest import QUIET, Chaos
from tests.probes.http_server import Server

EVERY_PROBE = """\
title: Every probe is asked of a system whose core is killed
system: reference
load:
  jobs: 1400
  rate: 200/s
  workers: {{count: 2, concurrency: 8}}
  job: {{duration: 10ms, timeout: 2s, max-delay: 500ms}}
faults:
  - {{fault: kill, target: core, at: 3s, restart-after: 200ms}}
steady-state:
  - {{probe: throughput, between: [50/s, 1000/s], over: 1s}}
  - {{probe: latency, quantile: 50%, over: 1s, at-most: 2s}}
  - {{probe: latency, quantile: 50%, over: 1s, change: {{rise: 100000%}}, hold: [after]}}
  - {{probe: queue-depth, at-most: 1400}}
  - {{probe: queue-depth, by: system, at-most: 1400}}
  - {{probe: ready, equals: true}}
  - {{probe: process, target: worker-1, equals: running, hold: [baseline, during, after]}}
  - {{probe: tcp, target: core, within: 2s}}
  - {{probe: grpc, target: core, equals: OK, within: 2s}}
  - {{probe: grpc, target: core, what: latency, at-most: 2s, within: 2s}}
  - {{probe: store, what: stuck, at-most: 0}}
  - {{probe: store, what: size, between: [4KiB, 1GiB]}}
  - {{probe: store, what: done, at-least: 1, hold: [after]}}
  - {{probe: sql, query: "SELECT coalesce(max(attempt), 0) FROM jobs", at-most: 5}}
  - {{probe: http, url: "{url}/health", what: body, json: $.status, one-of: [ok, busy], within: 2s}}
  - {{probe: prometheus, url: "{url}/metrics", metric: jobs, labels: {{queue: mail}}, equals: 12, within: 2s}}
  - {{probe: command, run: [echo, "42"], what: output, matches: "^4", equals: 42}}
"""


def test_every_probe_is_asked_and_a_later_check_says_the_same(chaos: Chaos) -> None:
    with Server(health='{"status": "ok"}', metrics='jobs{queue="mail"} 12\n') as server:
        done = chaos("run", chaos.file(EVERY_PROBE.format(url=server.url)))
    assert done.code == 0, done.out + done.err
    asked = done.results["hypotheses"]
    assert {each["held"] for results in asked.values() for each in results} == {True}
    assert [len(asked[window]) for window in ("baseline", "during", "after")] == [15, 1, 17]

    samples = [event for event in done.events if event["event"] == "probe-sampled"]
    (change,) = {each["hypothesis"] for each in samples if "above the baseline" in each["hypothesis"]}
    windows = [each["window"] for each in samples if each["hypothesis"] == change]
    assert set(windows) == {"baseline", "after"}

    checked = chaos("check", str(done.run), "--output", "json")
    assert json.loads(checked.out)["hypotheses"] == asked


def test_a_probe_that_can_not_answer_fails_its_hypothesis_and_the_reason_says_why(chaos: Chaos) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        hypothesis = f'steady-state: [{{probe: http, url: "{url}", equals: 200, hold: [baseline]}}]\n'
        done = chaos("run", chaos.file(QUIET + hypothesis), "--set", "load.jobs=300")
    assert done.code == 1, done.out + done.err
    (reason,) = done.results["reasons"]
    assert reason.startswith(f"status of {url} equals 200: did not hold in the baseline window")
    assert "worst answer: none; ConnectionRefusedError" in reason
