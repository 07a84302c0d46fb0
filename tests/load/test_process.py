"""What producers, workers and the reader have in common: commands, last words, and how they end."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from chaos.clock import now_ns
from chaos.ledger.records import Kind
from chaos.ledger.writer import LedgerWriter
from chaos.load.plan import ProcessPlan
from tests.load.conftest import (
    RUN,
    Launch,
    Queue,
    producer_plan,
    reader_plan,
    records,
    wait_for,
    worker_plan,
)

PLANS = {"producer": producer_plan, "worker": worker_plan, "reader": reader_plan}


def plan_of(module: str, ledger: Path, address: str) -> ProcessPlan:
    LedgerWriter(ledger, run=RUN, component="earlier", incarnation=1).close()
    return PLANS[module](ledger, address)


@pytest.mark.parametrize("module", ["producer", "worker"])
def test_the_end_of_the_runner_ends_it_at_once(
    module: str, launch: Launch, queue: Queue, ledger: Path
) -> None:
    load = launch(module, plan_of(module, ledger, queue.address))
    assert load.line() == "ready"
    assert load.process.stdin is not None
    load.process.stdin.close()
    assert load.process.wait(2.0) == 4


def test_the_end_of_the_runner_ends_it_though_no_core_is_there(launch: Launch, ledger: Path) -> None:
    load = launch("worker", worker_plan(ledger, "127.0.0.1:1"))
    wait_for("its ledger", lambda: (ledger / "worker-1.1.ledger").exists())
    assert load.process.stdin is not None
    load.process.stdin.close()
    assert load.process.wait(2.0) == 4


def test_it_stays_after_its_last_words_until_it_is_let_go(launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch("producer", producer_plan(ledger, queue.address))
    load.begin()
    load.summary()
    with pytest.raises(subprocess.TimeoutExpired):
        load.process.wait(0.3)
    load.say("stop")
    assert load.exit_code() == 0


@pytest.mark.parametrize("module", ["producer", "worker"])
def test_ctrl_c_is_for_the_runner(module: str, launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch(module, plan_of(module, ledger, queue.address))
    assert load.line() == "ready"
    load.process.send_signal(signal.SIGINT)
    load.stopped()


@pytest.mark.parametrize("module", ["producer", "worker"])
def test_sigterm_ends_it_at_once(module: str, launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch(module, plan_of(module, ledger, queue.address))
    assert load.line() == "ready"
    load.process.send_signal(signal.SIGTERM)
    assert load.process.wait(2.0) == -signal.SIGTERM


def test_a_command_that_it_does_not_know_is_a_failure(launch: Launch, queue: Queue, ledger: Path) -> None:
    load = launch("worker", worker_plan(ledger, queue.address))
    assert load.line() == "ready"
    load.say("dance")
    assert "unknown command: b'dance" in load.failed()


def test_a_ledger_that_is_there_already_is_not_touched(launch: Launch, queue: Queue, ledger: Path) -> None:
    LedgerWriter(ledger, run=RUN, component="producer-1", incarnation=1).close()
    load = launch("producer", producer_plan(ledger, queue.address))
    failure = load.failed()
    assert failure.startswith("the ledger can't be written: ")
    assert "producer-1.1.ledger" in failure


@pytest.mark.parametrize("module", ["producer", "worker"])
def test_a_ledger_that_can_be_written_no_further_ends_it(
    module: str, launch: Launch, queue: Queue, ledger: Path
) -> None:
    full = launch(module, PLANS[module](ledger, queue.address))
    other = "worker" if module == "producer" else "producer"
    rest = launch(other, PLANS[other](ledger, queue.address))
    assert full.line() == "ready"
    psutil.Process(full.process.pid).rlimit(psutil.RLIMIT_FSIZE, (256 + 32 * 20, 256 + 32 * 20))
    full.say(f"go {now_ns()}")
    rest.begin()
    assert full.failed().startswith("the ledger can't be written: ")
    assert len(records(ledger, f"{module}-1.1", *Kind)) == 20


def test_no_plan_is_a_failure(launch: Launch, ledger: Path) -> None:
    load = launch("producer", worker_plan(ledger, "127.0.0.1:1"))
    assert "TypeError" in load.failed()
