"""Every list is what filtering, sorting and cutting all jobs by hand gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.systems.reference.jobs import JobState, Moment, NewJob, Options, SeenJob
from chaos.systems.reference.reader import ORDERS, Query, Reader
from chaos.systems.reference.store import Lease, Store

MOMENT = Moment(0, 1_700_000_000_000)
JOBS = 120
FEW_STATES = {
    7: JobState.RUNNING,
    8: JobState.DEAD,
    60: JobState.PENDING,
    61: JobState.DEAD,
    99: JobState.CANCELLED,
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Many finished jobs, and a few others between them."""
    path = tmp_path_factory.mktemp("reader") / "queue.db"
    store = Store.open(path, MOMENT)
    store.begin()
    for number in range(JOBS):
        moment = Moment(0, MOMENT.wall_ms - number % 7)
        seq = store.insert(NewJob("ab"[number % 2], b"", None, Options()), moment).seq
        state = FEW_STATES.get(number, JobState.SUCCESS)
        if state == JobState.RUNNING:
            [job] = [job for job in store.due("ab"[number % 2], JOBS, MOMENT).jobs if job.seq == seq]
            store.lease([Lease(job, "w1")], moment)
        elif state != JobState.PENDING:
            job_now = store.find(seq)
            assert job_now is not None
            store.finish(job_now, state, moment)
    store.settle()
    store.commit()
    reader = Reader(path)
    yield reader
    reader.close()
    store.close()


def key_of(order: str, job: SeenJob) -> tuple[object, int]:
    return (job.seq if order == "created_at" else getattr(job, order), job.seq)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Query,
        states=st.lists(st.sampled_from([0, *JobState, 9]), unique=True, max_size=3).map(tuple),
        names=st.lists(st.sampled_from("abc"), unique=True, max_size=2).map(tuple),
        limit=st.integers(0, JOBS + 10),
        offset=st.integers(0, JOBS + 10),
        order=st.sampled_from(sorted(ORDERS)),
        ascending=st.booleans(),
    )
)
def test_a_list_is_filtered_sorted_and_cut(reader: Reader, query: Query) -> None:
    everything = reader.list(Query(limit=JOBS)).jobs
    assert len(everything) == JOBS
    matching = [
        job
        for job in everything
        if (not query.states or job.state in query.states) and (not query.names or job.name in query.names)
    ]
    matching.sort(key=lambda job: key_of(query.order, job), reverse=not query.ascending)

    listing = reader.list(query)

    assert listing.total == len(matching)
    assert listing.jobs == matching[query.offset : query.offset + query.limit]
