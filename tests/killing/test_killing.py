"""Whoever is killed, whenever: a few seconds later nothing of the run is left."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.faults.registry import FAULTS, fault_named
from chaos.guardian.state import STATE_VARIABLE
from chaos.proxies.toxiproxy import ToxiproxyServer
from chaos.script import lacking
from tests.killing.aftermath import assert_nothing_is_left, guardian_log, left_of, run_to_death

STEPS = (
    "before-write",
    "after-write",
    "after-inject",
    "after-confirm",
    "during-undo",
    "between-fork-and-record",
)
STARTING = ("kill", "restart", "crash-loop", "kill-worker", "churn", "cpu", "memory", "io")
"""The faults that start processes themselves."""

SAMPLE = {
    ("pause", "after-confirm"),
    ("latency", "during-undo"),
    ("kill", "between-fork-and-record-under-fault"),
}

pytestmark = [pytest.mark.kill, pytest.mark.alone]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))


def _cases() -> Iterator[object]:
    cases = (
        *itertools.product(FAULTS.names(), STEPS),
        *((fault, "between-fork-and-record-under-fault") for fault in STARTING),
    )
    for case in cases:
        yield pytest.param(*case, marks=[pytest.mark.sample] if case in SAMPLE else [])


def _needs(fault: str) -> None:
    if missing := lacking(fault_named(fault)):
        pytest.skip(f"this machine can't do {fault}: {missing[0].what}; {missing[0].mend}")


@pytest.mark.parametrize(("fault", "step"), list(_cases()))
def test_a_runner_that_is_killed_leaves_nothing(fault: str, step: str, tmp_path: Path) -> None:
    _needs(fault)
    dead = run_to_death(tmp_path, step, fault)
    assert dead.code == -9
    assert_nothing_is_left(dead)
    assert "the runner is gone" in guardian_log(dead)


@pytest.mark.parametrize(
    "fault",
    [pytest.param(name, marks=[pytest.mark.sample] if name == "refuse" else []) for name in FAULTS.names()],
)
def test_a_run_whose_guardian_is_killed_halts_and_undoes_everything(fault: str, tmp_path: Path) -> None:
    _needs(fault)
    dead = run_to_death(tmp_path, "guardian", fault)
    assert dead.code == 4, dead.output
    assert "the guardian died (SIGKILL)" in dead.output
    assert left_of(dead) == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(name, marks=[pytest.mark.sample] if name == "open-files" else [])
        for name in FAULTS.names()
    ],
)
def test_a_run_that_lost_runner_and_guardian_is_healed_by_hand(fault: str, tmp_path: Path) -> None:
    _needs(fault)
    dead = run_to_death(tmp_path, "both", fault)
    assert dead.code == -9
    assert any("is registered" in line for line in left_of(dead))
    healed = subprocess.run(
        [sys.executable, "-P", "-m", "chaos", "heal"], capture_output=True, text=True, check=False
    )
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert left_of(dead) == []


@pytest.mark.parametrize("fault", ["latency", "refuse", "partition", "disconnect"])
@pytest.mark.parametrize("step", ["after-confirm", "during-undo"])
def test_a_toxiproxy_that_others_use_too_is_left_as_it_was_found(
    fault: str, step: str, toxiproxy: ToxiproxyServer, tmp_path: Path
) -> None:
    theirs = {"name": "theirs", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9", "enabled": True}
    _ask(f"{toxiproxy.url}/proxies", json.dumps(theirs).encode())
    before = _ask(f"{toxiproxy.url}/proxies")
    dead = run_to_death(tmp_path, step, fault, "--toxiproxy", toxiproxy.url)
    assert dead.code == -9
    assert _ask(f"{toxiproxy.url}/proxies") != before
    assert_nothing_is_left(dead)
    assert _ask(f"{toxiproxy.url}/proxies") == before


def _ask(url: str, body: bytes | None = None) -> object:
    with urllib.request.urlopen(url, body, timeout=5) as answer:
        return json.load(answer)
