"""Faults that follow one another, come again and again, wait for a condition, or halt the run; and rehearsals."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.conftest import Chaos, Done

LOAD = """\
title: A timeline
system: reference
seed: 5
load:
  jobs: 800
  rate: 200/s
  workers: {count: 3, concurrency: 8}
  job: {duration: 20ms, timeout: 2s, max-delay: 500ms, max-attempts: 10}
"""

NothingLeft = Callable[[Done], None]


def _wait_for_line(child: subprocess.Popen[str], text: str) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if text in line:
            return
    raise AssertionError(f"it ended before it said {text!r}")


def _faults(done: Done) -> dict[str, dict[str, Any]]:
    return {fault["name"]: fault for fault in done.results["faults"]}


def test_faults_come_again_follow_one_another_and_wait_for_a_condition(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    text = (
        LOAD
        + """\
faults:
  - {fault: kill-worker, name: again, at: 500ms, every: 600ms, times: 2, restart-after: 100ms}
  - {fault: pause, name: then, target: core, after: again, delay: 100ms, for: 200ms}
  - {fault: pause, name: if, target: worker-1, when: throughput at-least 50/s over 500ms, for: 200ms}
"""
    )
    done = chaos("run", chaos.file(text))
    assert done.code == 0, done.out + done.err
    faults = _faults(done)
    assert list(faults) == ["again", "again#2", "then", "if"]
    assert faults["again"]["requested_s"] >= 0.5
    assert faults["again#2"]["requested_s"] >= faults["again"]["requested_s"] + 0.5
    assert faults["then"]["requested_s"] >= faults["again"]["reverted_s"] + 0.1
    assert faults["if"]["requested_s"] >= 0.5
    nothing_left(done)


def test_a_stop_condition_halts_the_run_and_undoes_everything(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    text = (
        LOAD
        + """\
stop-when: ready target core equals false
faults:
  - {fault: kill, target: core, at: 1s, restart-after: 2s}
"""
    )
    done = chaos("run", chaos.file(text))
    assert done.code == 4, done.out + done.err
    assert "a stop condition held" in done.out
    assert _faults(done)["kill"]["reverted_s"] is not None
    nothing_left(done)


def test_a_fault_that_the_load_cuts_short_leaves_the_run_inconclusive(chaos: Chaos) -> None:
    text = LOAD + "faults:\n  - {fault: crash-loop, target: worker-1, at: 2s, crashes: 9, gap: 900ms}\n"
    done = chaos("run", chaos.file(text))
    assert done.code == 3, done.out + done.err
    assert "crash-loop did not last as it should: the load ended before its time was over" in done.out


def test_an_interrupt_while_faults_are_being_undone_lets_that_be_finished(
    chaos: Chaos, nothing_left: NothingLeft
) -> None:
    text = LOAD + "faults:\n  - {fault: kill, target: core, at: 80% of jobs}\n"
    child = chaos.start("run", chaos.file(text), environment={"PYTHONUNBUFFERED": "1"})
    _wait_for_line(child, "load ended; healing")
    child.send_signal(signal.SIGINT)
    done = chaos.finish(child)
    assert done.code == 4, done.out + done.err
    assert _faults(done)["kill"]["reverted_s"] is not None
    nothing_left(done)


def test_a_rehearsal_starts_nothing_and_keeps_nothing(chaos: Chaos) -> None:
    text = LOAD + "faults:\n  - {fault: disconnect, target: 50% of workers, at: 1s, for: 1s}\n"
    done = chaos("run", chaos.file(text), "--dry-run")
    assert done.code == 0, done.err
    assert "would start:" in done.out
    assert "toxiproxy: a proxy each for" in done.out
    assert "1s after the start of the load" in done.out
    assert not chaos.runs.exists()


@pytest.mark.parametrize("url", ["http://192.0.2.1:8474", "http://127.0.0.1:1", "nonsense"])
def test_a_toxiproxy_server_that_can_not_be_used_is_refused_before_anything_starts(
    chaos: Chaos, url: str
) -> None:
    text = LOAD + "faults:\n  - {fault: disconnect, at: 1s, for: 1s}\n"
    done = chaos("run", chaos.file(text), "--toxiproxy", url)
    assert done.code == 2, done.out + done.err
    assert "leave --toxiproxy out" in done.err
    assert not chaos.runs.exists()


def test_while_runs_are_halted_none_starts(chaos: Chaos) -> None:
    state = {"CHAOS_STATE": str(chaos.place / "state")}
    assert chaos("halt", "--reason", "the release is on", environment=state).code == 0
    refused = chaos("run", chaos.file(LOAD), environment=state)
    assert (refused.code, "the release is on" in refused.err) == (2, True)
    assert not chaos.runs.exists()
    assert chaos("resume", environment=state).code == 0
    assert chaos("run", chaos.file(LOAD), "--set", "load.jobs=100", environment=state).code == 0
