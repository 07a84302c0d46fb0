"""Schedules of a load, on the reference system and on real cores; across a crash, `chaos selftest` has them."""

from __future__ import annotations

import json
import os

import pytest

from chaos.systems.reseolio.locate import CoreNotFoundError, find_core
from tests.end_to_end.conftest import Chaos

LOAD = """\
title: Schedules
system: reference
load:
  jobs: 70
  rate: 20/s
  workers: {count: 1, concurrency: 8}
  job: {duration: 10ms, timeout: 2s, max-delay: 500ms}
  schedules: {count: 4, crons: ["CRON"], created-at-once: 3}
"""
EVERY_SECOND = LOAD.replace("CRON", "* * * * * *")

needs_newer_core = pytest.mark.skipif(
    "CHAOS_RESEOLIO_NEXT" not in os.environ, reason="CHAOS_RESEOLIO_NEXT does not name a newer core"
)


def test_due_times_are_judged_and_the_verdict_can_be_given_again(chaos: Chaos) -> None:
    done = chaos("run", chaos.file(EVERY_SECOND), "--seed", "7")
    assert done.code == 0, done.out
    (check,) = (check for check in done.results["checks"] if check["name"] == "schedules")
    assert check["opportunities"]["never-fired"] >= 4
    again = chaos("check", str(done.run), "--output", "json")
    assert (again.code, json.loads(again.out)["checks"]) == (0, done.results["checks"])


def test_a_run_without_a_due_time_proves_nothing_about_them(chaos: Chaos) -> None:
    never = chaos.file(LOAD.replace("CRON", "0 0 1 1 *").replace("rate: 20/s", "rate: 200/s"))
    done = chaos("run", never, "--seed", "7")
    assert done.code == 3
    assert "no due time of any came within the run" in done.out


def test_the_published_core_is_refused_before_any_load(chaos: Chaos) -> None:
    try:
        find_core()
    except CoreNotFoundError as error:
        pytest.skip(str(error))
    done = chaos("run", chaos.file(EVERY_SECOND), "--system", "reseolio")
    assert done.code == 2
    assert "`load.schedules` needs ListSchedules" in done.out
    assert done.results["metrics"]["enqueued"] == 0


@needs_newer_core
def test_the_newer_core_has_one_schedule_a_name_and_looks_too_late_for_the_first_due_times(
    chaos: Chaos,
) -> None:
    core = f"system.bin={os.environ['CHAOS_RESEOLIO_NEXT']}"
    done = chaos("run", chaos.file(EVERY_SECOND), "--system", "reseolio", "--set", core, "--seed", "7")
    found = done.found()
    assert found["never-fired"] >= 4, done.out
    assert not {"schedule-doubled", "change-lost", "fire-stuck"} & found.keys()
