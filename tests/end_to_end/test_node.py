"""Workers and producers on the Node.js SDK, with the embedded queue and with the real core, broken like the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaos.experiment.model import Runtime
from chaos.load.runtimes import RUNTIMES
from chaos.systems.registry import system_named
from tests.end_to_end.conftest import Chaos, Done

NODE = """\
title: Node.js workers and producers are killed and cut off
system: reference
load:
  jobs: 600
  rate: 150/s
  producers: 2
  producer-runtime: node
  workers: {count: 3, concurrency: 4, runtime: node}
  job: {duration: 50ms, timeout: 2s, max-delay: 500ms}
faults:
  - {fault: kill, target: worker-1, at: 20% of jobs, restart-after: 200ms}
  - {fault: disconnect, target: worker-2, at: 40% of jobs, for: 300ms}
  - {fault: kill, target: producer-1, at: 60% of jobs, restart-after: 200ms}
  - {fault: disconnect, target: producer-2, at: 70% of jobs, for: 300ms}
"""

NothingLeft = Callable[[Done], None]


@pytest.fixture(autouse=True)
def _what_it_needs() -> None:
    if lacking := RUNTIMES[Runtime.NODE].missing():
        pytest.skip(str(lacking[0]))


def test_the_reference_system_passes_with_them(chaos: Chaos, nothing_left: NothingLeft) -> None:
    done = chaos("run", chaos.file(NODE))
    assert done.code == 0, done.out + done.err
    assert_they_were_broken(done)
    nothing_left(done)


def test_the_published_core_and_its_sdk_are_broken_together(chaos: Chaos, nothing_left: NothingLeft) -> None:
    """What comes of that is up to them: a worker that is cut off has its jobs executed by others at the same time."""
    reseolio = system_named("reseolio")
    if lacking := reseolio.missing(reseolio.spec_model(name="reseolio")):
        pytest.skip(str(lacking[0]))
    done = chaos("run", chaos.file(NODE), "--system", "reseolio")
    assert done.code in (0, 1), done.out + done.err
    assert_they_were_broken(done)
    assert done.results["metrics"]["enqueued"] == 600  # one may be under way when its producer is killed
    nothing_left(done)


def assert_they_were_broken(done: Done) -> None:
    evidence = [fault["evidence"] for fault in done.results["faults"]]
    assert [each.get("kernel_reported", each.get("round_trip_during")) for each in evidence] == [
        {"worker-1": "SIGKILL"},
        "refused",
        {"producer-1": "SIGKILL"},
        "refused",
    ]
    assert evidence[1]["executions_in_flight"] > 0
    assert ("worker-2", "stream-reopened") in {
        (log["component"], log["rule"]) for log in done.results["logs"]
    }
    assert {path.name for path in (done.run / "ledger").glob("*.2.ledger")} == {
        "worker-1.2.ledger",
        "producer-1.2.ledger",
    }
