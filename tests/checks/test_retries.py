"""When jobs are executed again, against what was told when the history was made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.checks.retries import Retries, retries
from chaos.checks.tally import Tally
from chaos.ledger.reader import Ledger
from chaos.ledger.records import Kind
from tests.checks.history import FAILURE, History

WAITS = st.lists(st.integers(20, 5000).map(lambda milliseconds: milliseconds / 1000), max_size=4)


def of(history: History, directory: pytest.TempPathFactory, jobs: int) -> Retries:
    ledger = Ledger.open(history.write(directory.mktemp("ledger")))
    return retries(ledger, Tally.of(ledger, jobs))


@given(st.lists(WAITS, min_size=1, max_size=5))
def test_every_retry_is_told_with_its_wait_and_the_failures_before_it(
    tmp_path_factory: pytest.TempPathFactory, jobs: list[list[float]]
) -> None:
    history = History()
    told: list[tuple[int, float]] = []
    for job, waits in enumerate(jobs):
        history.enqueue(job)
        start = 1.0
        for failures, wait in enumerate(waits, 1):
            worker = 1 + failures % 2
            history.execute(job, start, start + 0.1, FAILURE, attempt=failures, worker=worker)
            start += 0.1 + wait
            told.append((failures, wait))
        history.execute(job, start, start + 0.1, attempt=len(waits) + 1)
    found = of(history, tmp_path_factory, len(jobs))
    assert found.failures.tolist() == [failures for failures, _ in told]
    assert found.attempt.tolist() == [failures for failures, _ in told]
    assert found.since_sent_s.tolist() == pytest.approx([wait for _, wait in told])
    assert found.since_answered_s.tolist() == pytest.approx([wait - 0.01 for _, wait in told])
    assert not len(found.redelivered_after_s)


def test_a_failure_whose_ack_had_to_be_sent_twice_says_nothing_of_the_wait(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    history = History()
    history.enqueue(0)
    acks = [(1.1, None, None), (1.5, 1.6, Kind.ACK_ACKNOWLEDGED)]
    history.execute(0, 1.0, 1.1, FAILURE, acks=acks)
    history.execute(0, 1.3, 1.4, FAILURE, attempt=2, worker=2)
    assert not len(of(history, tmp_path_factory, 1).failures)


def test_an_execution_that_was_never_acknowledged_and_the_next_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    history = History()
    for job in (0, 1):
        history.enqueue(job)
    history.execute(0, 1.0)
    history.execute(0, 3.5, 3.6, worker=2, attempt=2)
    history.execute(1, 1.0, 1.1)
    found = of(history, tmp_path_factory, 2)
    assert found.redelivered_after_s.tolist() == pytest.approx([2.5])
