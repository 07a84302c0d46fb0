from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.clock import now_ns
from chaos.ledger.reader import RECORD, Records
from chaos.ledger.records import Kind, Outcome
from chaos.runner.latencies import LiveLatencies

MS = 1_000_000
JOBS = 20

_jobs = st.dictionaries(
    st.integers(0, JOBS - 1), st.tuples(st.integers(1, 9_000), st.integers(0, 9_000)), max_size=JOBS
)


def records(*rows: tuple[Kind, int, int, int, int]) -> Records:
    """Records of this kind, job, time, value and detail."""
    found = np.zeros(len(rows), dtype=RECORD)
    for record, (kind, job, time_ns, value, detail) in zip(found, rows, strict=True):
        record["kind"], record["job"], record["time_ns"] = kind, job, time_ns
        record["value"], record["detail"] = value, detail
    return found


@given(_jobs, st.integers(0, 9_000), st.integers(0, 9_000))
def test_a_latency_counts_from_when_the_job_was_due_to_its_first_success(
    jobs: dict[int, tuple[int, int]], start_ms: int, length_ms: int
) -> None:
    live = LiveLatencies(JOBS)
    origin_ns = now_ns()
    for job, (due_ms, took_ms) in jobs.items():
        due_ns = origin_ns + due_ms * MS
        done_ns = due_ns + took_ms * MS
        live.take(records((Kind.ENQUEUE_INTENDED, job, due_ns, due_ns, 0)))
        live.take(records((Kind.ACK_ACKNOWLEDGED, job, done_ns, 0, Outcome.SUCCESS)))
        live.take(records((Kind.ACK_ACKNOWLEDGED, job, done_ns + MS, 0, Outcome.SUCCESS)))
    start_ns, end_ns = origin_ns + start_ms * MS, origin_ns + (start_ms + length_ms) * MS
    expected = sorted(
        took / 1e3 for due, took in jobs.values() if start_ms <= due + took < start_ms + length_ms
    )
    assert sorted(live.between(start_ns, end_ns)) == pytest.approx(expected, abs=0.0002)


def test_neither_failures_nor_unknown_jobs_count() -> None:
    live = LiveLatencies(JOBS)
    at_ns = now_ns() + MS
    live.take(records((Kind.ENQUEUE_INTENDED, 1, at_ns, at_ns, 0), (Kind.ACK_ACKNOWLEDGED, 1, at_ns, 0, 0)))
    live.take(records((Kind.ACK_ACKNOWLEDGED, 2, at_ns, 0, Outcome.SUCCESS)))
    live.take(records((Kind.ACK_ACKNOWLEDGED, JOBS, at_ns, 0, Outcome.SUCCESS)))
    assert list(live.between(0, at_ns + MS)) == []
