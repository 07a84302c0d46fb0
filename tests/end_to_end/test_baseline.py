"""Runs of the product itself are kept, and held against each other."""

from __future__ import annotations

import json

from tests.end_to_end.conftest import QUIET, Chaos

FORGETS = QUIET.replace("system: reference", "system: {name: reference, defect: enqueue-dropped}")
SMALL = QUIET.replace("jobs: 200", "jobs: 60").replace("rate: 200/s", "rate: 60/s")
SLOWER = SMALL.replace("duration: 10ms", "duration: 800ms")


def test_a_regression_changes_the_exit_code_of_the_command_and_not_the_verdict(chaos: Chaos) -> None:
    first = chaos("run", chaos.file(SMALL))
    assert first.code == 0
    against = ("--baseline", first.run.name[-6:], "--fail-on-regression", "--output", "json")
    failing = chaos("run", chaos.file(SLOWER), *against)
    lines = {line["event"]: line for line in map(json.loads, failing.out.splitlines())}
    assert failing.code == 1
    assert lines["results"]["verdict"] == "passed"
    assert "latency" in {line["name"] for line in lines["comparison"]["lines"] if line["change"] == "worse"}
    assert any("the experiment was not the same" in caveat for caveat in lines["comparison"]["caveats"])
    listed = json.loads(chaos("runs", "--output", "json").out)
    assert [run["verdict"] for run in listed] == ["passed"] * 2
    trend = json.loads(chaos("trends", "latency", "--output", "json").out)
    assert [point["run"] for point in trend[0]["points"]] == [run["run"] for run in reversed(listed)]


def test_readiness_goes_by_runs_of_the_product(chaos: Chaos) -> None:
    file = chaos.file(QUIET.replace("jobs: 200", "jobs: 1000").replace("rate: 200/s", "rate: 1000/s"))
    assert chaos("run", file).code == 0
    [ready] = json.loads(chaos("readiness", "--output", "json").out)
    proven = {line["line"] for line in ready["lines"] if line["standing"] == "proven"}
    assert proven == {"can handle 1000 jobs reliably", "no crashes"}
    assert chaos("readiness", "--require", "minimum").code == 1
    assert chaos("run", chaos.file(FORGETS)).code == 1
    correct, forgetful = json.loads(chaos("readiness", "--output", "json").out)
    assert correct["lines"][0]["standing"] == "proven"
    assert forgetful["lines"][0]["standing"] == "refuted"
    assert [len(each["lost_or_repeated_jobs"]) for each in (correct, forgetful)] == [0, 1]


def test_wherever_a_run_is_meant_a_part_of_its_name_will_do(chaos: Chaos) -> None:
    run = chaos("run", chaos.file(SMALL)).run
    kept = json.loads((run / "results.json").read_text(encoding="utf-8"))
    for name in (run.name[-6:], "latest", str(run)):
        assert json.loads(chaos("check", name, "--output", "json").out) == kept
    assert len(chaos("ledger", "latest", "--job", "3").out.splitlines()) > 1
    assert chaos("report", run.name[:-2], "--format", "json", "--output", "-").code == 0
    unknown = chaos("check", "nothing-of-that-name")
    assert (unknown.code, unknown.out) == (2, "")
    assert "`chaos runs` lists them" in unknown.err
