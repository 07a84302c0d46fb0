"""The live counts say what the ledger says."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.clock import now_ns
from chaos.faults.protocol import InFlight
from chaos.ledger.events import LedgerClosed
from chaos.ledger.records import Outcome, Payload, State
from chaos.ledger.tail import LedgerTail
from chaos.ledger.writer import LedgerWriter
from chaos.runner.live import LiveCounts


def _writer(place: Path, component: str) -> LedgerWriter:
    return LedgerWriter(place, run="r", component=component, incarnation=1)


def test_it_counts_each_job_once_however_often_it_was_enqueued(tmp_path: Path) -> None:
    live = LiveCounts(LedgerTail(tmp_path), jobs=3)
    with _writer(tmp_path, "producer-1") as producer:
        for serial, (job, copy) in enumerate([(0, 0), (0, 1), (1, 0)]):
            producer.enqueue_intended(job, copy, 1, now_ns(), serial)
        producer.enqueue_acknowledged(0, False, 1, "a", 0)
        producer.enqueue_acknowledged(0, True, 1, "a", 1)
    live.refresh()
    assert (live.arrived_jobs, live.enqueued_jobs, live.unsettled_jobs) == (2, 1, 1)


def test_what_is_under_way_is_what_began_and_did_not_end(tmp_path: Path) -> None:
    live = LiveCounts(LedgerTail(tmp_path), jobs=3)
    with _writer(tmp_path, "producer-1") as producer, _writer(tmp_path, "worker-1") as worker:
        producer.enqueue_intended(0, 0, 1, now_ns(), 0)
        worker.execution_started(1, Payload.INTACT, 1, "b", 0)
        worker.execution_started(2, Payload.INTACT, 1, "c", 1)
        worker.execution_finished(2, Outcome.SUCCESS, 1, 1)
        worker.ack_intended(2, Outcome.SUCCESS, 1, 1)
    live.refresh()
    assert live.in_flight() == InFlight(enqueues=1, executions=1, acks=1)


def test_latencies_are_kept_for_a_run_that_has_a_probe_for_them_alone(tmp_path: Path) -> None:
    kept, not_kept = (LiveCounts(LedgerTail(tmp_path), jobs=3, latencies=wanted) for wanted in (True, False))
    with _writer(tmp_path, "producer-1") as producer, _writer(tmp_path, "worker-1") as worker:
        producer.enqueue_intended(0, 0, 1, now_ns(), 0)
        worker.ack_acknowledged(0, Outcome.SUCCESS, 1, State.SUCCESS, 0)
    kept.refresh()
    not_kept.refresh()
    assert len(kept.latencies_between(0, now_ns())) == 1
    with pytest.raises(RuntimeError, match="reads_latencies"):
        not_kept.latencies_between(0, now_ns())


def test_completions_are_acknowledged_successes_in_their_time(tmp_path: Path) -> None:
    live = LiveCounts(LedgerTail(tmp_path), jobs=3)
    before = now_ns() - 20_000_000
    with _writer(tmp_path, "worker-1") as worker:
        worker.ack_acknowledged(0, Outcome.SUCCESS, 1, State.SUCCESS, 0)
        worker.ack_acknowledged(1, Outcome.FAILURE, 1, State.PENDING, 1)
        worker.ack_unknown(2, Outcome.SUCCESS, 1, 14, 2)
    live.refresh()
    after = now_ns() + 20_000_000
    assert live.completions_between(before, after) == 1
    assert live.completions_between(after, after + 1_000_000_000) == 0
    assert live.progress().failures == 1


def test_jobs_that_nobody_planned_do_no_harm(tmp_path: Path) -> None:
    live = LiveCounts(LedgerTail(tmp_path), jobs=3)
    with _writer(tmp_path, "worker-1") as worker:
        worker.execution_started(4_000_000, Payload.INTACT, 1, "x", 0)
        worker.ack_acknowledged(4_000_000, Outcome.SUCCESS, 1, State.SUCCESS, 0)
    live.refresh()
    assert live.progress().settled == 0


def test_what_is_under_way_can_be_asked_of_some(tmp_path: Path) -> None:
    live = LiveCounts(LedgerTail(tmp_path), jobs=3)
    with _writer(tmp_path, "worker-1") as first, _writer(tmp_path, "worker-11") as other:
        first.execution_started(1, Payload.INTACT, 1, "b", 0)
        other.execution_started(2, Payload.INTACT, 1, "c", 0)
    live.refresh()
    assert live.in_flight(["worker-1"]).executions == 1
    assert live.in_flight(["worker-2"]).executions == 0
    assert live.in_flight().executions == 2


def test_nothing_is_under_way_with_a_process_that_is_gone(tmp_path: Path) -> None:
    live = LiveCounts(LedgerTail(tmp_path), jobs=3)
    with _writer(tmp_path, "worker-1") as worker:
        worker.execution_started(1, Payload.INTACT, 1, "b", 0)
    live.take(LedgerClosed(time_ns=1, component="worker-1", incarnation=1, ledger_bytes=0, ids_bytes=0))
    live.refresh()
    assert live.in_flight() == InFlight(enqueues=0, executions=0, acks=0)
    with LedgerWriter(tmp_path, run="r", component="worker-1", incarnation=2) as next_one:
        next_one.execution_started(2, Payload.INTACT, 1, "c", 0)
    live.refresh()
    assert live.in_flight(["worker-1"]).executions == 1


@given(arrived=st.sets(st.integers(0, 29)), first=st.integers(0, 3), step=st.integers(1, 4))
def test_the_first_job_of_a_share_that_nobody_has_begun(arrived: set[int], first: int, step: int) -> None:
    with TemporaryDirectory() as name:
        live = LiveCounts(LedgerTail(Path(name)), jobs=30)
        with _writer(Path(name), "producer-1") as producer:
            for serial, job in enumerate(sorted(arrived)):
                producer.enqueue_intended(job, 0, 1, now_ns(), serial)
        live.refresh()
        missing = [job for job in range(first, 30, step) if job not in arrived]
        found = live.first_not_arrived(first, step)
        assert found == missing[0] if missing else found >= 30
