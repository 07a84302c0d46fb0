"""Cancelling, retrying and subscribing from outside, on the reference system and on real cores."""

from __future__ import annotations

import os

import pytest

from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from tests.end_to_end.conftest import QUIET, Chaos

REQUESTS = """\
title: Cancelled, retried and subscribed to
system: reference
load:
  jobs: 400
  rate: 250/s
  workers: {count: 2, concurrency: 8}
  job: {duration: 10ms, failure-rate: 40%, max-attempts: 2, timeout: 2s, initial-delay: 100ms, max-delay: 200ms}
  cancel: 20%
  retry-dead: true
  subscribe: 30%
"""

needs_newer_core = pytest.mark.skipif(
    "CHAOS_RESEOLIO_NEXT" not in os.environ, reason="CHAOS_RESEOLIO_NEXT does not name a newer core"
)


def test_the_reference_system_keeps_its_word_across_a_crash(chaos: Chaos) -> None:
    crash = "faults: [{fault: kill, target: core, at: 50% of jobs, restart-after: 200ms}]\n"
    done = chaos("run", chaos.file(REQUESTS + crash), "--seed", "7")
    assert done.code == 0, done.out
    opportunities = {
        finding: number
        for check in done.results["checks"]
        if check["name"] in ("cancellation", "retrying", "subscription")
        for finding, number in check["opportunities"].items()
    }
    assert len(opportunities) == 7
    assert all(opportunities.values())


def test_a_load_that_does_not_ask_is_not_judged_by_these_checks(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(QUIET), "--seed", "7")
    assert [check["name"] for check in done.results["checks"]] == ["loss", "duplication", "integrity"]


def test_what_the_published_core_lacks_is_refused_before_any_load(chaos: Chaos) -> None:
    try:
        find_core()
    except CoreNotFoundError as error:
        pytest.skip(str(error))
    done = chaos("run", chaos.file(REQUESTS), "--system", "reseolio")
    assert done.code == 2
    assert "`load.retry-dead` needs RetryJob" in done.out
    assert done.results["metrics"]["enqueued"] == 0


@needs_newer_core
def test_the_newer_core_cancels_and_retries_and_tells_nobody_who_asks_late(chaos: Chaos) -> None:
    core = f"system.bin={os.environ['CHAOS_RESEOLIO_NEXT']}"
    done = chaos("run", chaos.file(REQUESTS), "--system", "reseolio", "--set", core, "--seed", "7")
    status = {check["name"]: check["status"] for check in done.results["checks"]}
    assert (status["cancellation"], status["retrying"]) == ("passed", "passed"), done.out
    assert done.found()["unheard-anew"] > 0
