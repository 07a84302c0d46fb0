"""Which jobs take longer, and for how long."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chaos.load.plan import WorkerPlan
from chaos.load.slowness import execution_s, is_slow
from tests.load.conftest import worker_plan


def plan(seed: int) -> WorkerPlan:
    slow = {"slow_share": 0.2, "slow_at_least_s": 3.0, "slow_at_most_s": 6.0}
    return worker_plan(Path("ledger"), "127.0.0.1:1", duration_s=0.01, seed=seed, **slow)


@given(st.integers(0, 2**32), st.integers(0, 10**6))
def test_a_job_takes_its_usual_time_or_one_between_the_two(seed: int, job: int) -> None:
    took_s = execution_s(plan(seed), job)
    assert 3.0 <= took_s < 6.0 if is_slow(0.2, seed, job) else took_s == 0.01


def test_about_the_share_that_was_asked_for_is_slow() -> None:
    assert 300 < sum(is_slow(0.2, 7, job) for job in range(2000)) < 500


def test_the_times_differ_from_job_to_job_and_not_from_attempt_to_attempt() -> None:
    times = {job: execution_s(plan(1), job) for job in range(200) if is_slow(0.2, 1, job)}
    assert len(set(times.values())) == len(times)
    assert times == {job: execution_s(plan(1), job) for job in times}
