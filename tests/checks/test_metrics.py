"""How fast a run was."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.checks.metrics import measure
from chaos.ledger.records import Kind
from tests.checks.history import ZERO_NS, Entry, History, at


def due_and_sent(history: History, job: int, due: float, sent: float, acknowledged: float) -> None:
    """An enqueue that was sent later than it was due."""
    told = ((sent, Kind.ENQUEUE_INTENDED, at(due)), (acknowledged, Kind.ENQUEUE_ACKNOWLEDGED, 1))
    for seconds, kind, value in told:
        history.tell("producer-1.1", Entry(at(seconds), kind, 0, 1, job, value, job))


def test_latency_counts_from_when_a_job_was_due(tmp_path: Path) -> None:
    history = History()
    due_and_sent(history, 0, due=1.0, sent=1.5, acknowledged=1.75)
    history.execute(0, 2.0, 2.99)
    metrics = measure(history.write(tmp_path), ZERO_NS)
    assert metrics.lateness.p50 == pytest.approx(0.5)
    assert metrics.enqueue_latency.p50 == pytest.approx(0.75)
    assert metrics.latency.p99 == pytest.approx(2.0)


def test_the_first_success_of_a_job_counts_once(tmp_path: Path) -> None:
    history = History()
    due_and_sent(history, 0, 0.0, 0.0, 0.1)
    history.execute(0, 2.0, 2.1, worker=2)
    history.execute(0, 1.0, 1.1, worker=1)
    history.execute(77, 1.0, 1.1, worker=1)
    metrics = measure(history.write(tmp_path), ZERO_NS)
    assert metrics.completed == 1
    assert metrics.completed_by == {"worker-1": 1, "worker-2": 0}
    assert metrics.last_completion_ns == at(1.11)


def test_throughput_is_that_of_the_load_and_overall_that_of_everything(tmp_path: Path) -> None:
    history = History()
    for job in range(11):
        due_and_sent(history, job, float(job), float(job), job + 0.1)
        history.execute(job, 2.0 * job, 2.0 * job + 0.49)
    metrics = measure(history.write(tmp_path), ZERO_NS)
    assert metrics.load_s == 10.0
    assert metrics.throughput_per_s == pytest.approx(5 / 10)
    assert metrics.overall_per_s == pytest.approx(11 / 20.5)


def test_percentiles_are_those_of_the_jobs(tmp_path: Path) -> None:
    history = History()
    for job in range(100):
        due_and_sent(history, job, 0.0, 0.001, (job + 1) / 100)
    metrics = measure(history.write(tmp_path), ZERO_NS)
    spread = metrics.enqueue_latency
    assert (spread.count, spread.p50, spread.p95, spread.p99, spread.highest) == (100, 0.5, 0.95, 0.99, 1.0)


def test_arrivals_more_than_10_ms_late_are_counted(tmp_path: Path) -> None:
    history = History()
    for job, late in enumerate((0.0, 0.009, 0.011, 0.5)):
        due_and_sent(history, job, 1.0, 1.0 + late, 2.0)
    metrics = measure(history.write(tmp_path), ZERO_NS)
    assert metrics.late_arrivals_share == 0.5
    assert metrics.arrival_lateness_p99_ms == pytest.approx(500)


def test_the_first_completion_after_a_time_is_over_all_workers(tmp_path: Path) -> None:
    history = History()
    for job, (start, worker) in enumerate(((1.0, 1), (4.0, 2), (3.0, 3))):
        history.enqueue(job)
        history.execute(job, start, start + 0.09, worker=worker)
    metrics = measure(history.write(tmp_path), ZERO_NS)
    asked = (0.0, 1.1, 1.2, 3.11, 4.2)
    assert [metrics.first_completion_after(at(seconds)) for seconds in asked] == [
        at(1.1),
        at(1.1),
        at(3.1),
        at(4.1),
        None,
    ]


def test_a_run_in_which_nothing_happened_has_no_latency(tmp_path: Path) -> None:
    history = History()
    history.tell("worker-1.1", Entry(at(1), Kind.EXECUTION_STARTED, 0, 1, 5, 1, 0))
    metrics = measure(history.write(tmp_path), ZERO_NS)
    assert metrics.completed == 0
    assert metrics.latency.p50 is None
    assert metrics.throughput_per_s == 0.0
    assert metrics.to_dict()["latency"] == {
        "count": 0,
        "p50": None,
        "p95": None,
        "p99": None,
        "highest": None,
    }
