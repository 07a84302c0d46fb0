"""The order of enqueues is a matter of the seed alone, and every job arrives."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chaos.chance import happens
from chaos.load.arrivals import FURTHEST_COPY, Arrival, arrivals, due_ns
from tests.load.conftest import producer_plan


def sequence(**changes: float) -> list[Arrival]:
    return list(arrivals(producer_plan(Path(), "", **changes)))


@given(
    jobs=st.integers(1, 500), producers=st.integers(1, 5), seed=st.integers(0, 1000), share=st.floats(0, 1)
)
def test_together_the_producers_enqueue_every_job_once_and_the_drawn_ones_twice(
    jobs: int, producers: int, seed: int, share: float
) -> None:
    every = [
        arrival
        for first in range(min(producers, jobs))
        for arrival in sequence(
            jobs=jobs, first=first, step=min(producers, jobs), seed=seed, enqueued_twice=share
        )
    ]
    assert sorted(a.job for a in every if not a.copy) == list(range(jobs))
    drawn = [job for job in range(jobs) if happens(share, seed, "enqueued-twice", job)]
    assert sorted(a.job for a in every if a.copy) == drawn


@given(jobs=st.integers(1, 3000), step=st.integers(1, 4), seed=st.integers(0, 1000))
def test_a_copy_comes_after_its_original_and_not_too_far(jobs: int, step: int, seed: int) -> None:
    places: dict[int, int] = {}
    for place, arrival in enumerate(sequence(jobs=jobs, step=step, seed=seed, enqueued_twice=0.5)):
        if arrival.copy:
            assert places[arrival.job] < place
            assert arrival.slot - arrival.job <= FURTHEST_COPY * step
        else:
            places[arrival.job] = place


@given(jobs=st.integers(1, 1000), seed=st.integers(0, 1000), rate=st.floats(0.1, 1e6))
def test_due_times_never_go_back(jobs: int, seed: int, rate: float) -> None:
    dues = [due_ns(a, 1_000, rate) for a in sequence(jobs=jobs, seed=seed, enqueued_twice=0.3)]
    assert dues == sorted(dues)


def test_copies_come_at_once_and_later() -> None:
    distances = {
        arrival.slot - arrival.job for arrival in sequence(jobs=5000, enqueued_twice=0.1) if arrival.copy
    }
    assert 0 in distances
    assert any(0 < distance < 30 for distance in distances)
    assert any(distance > 100 for distance in distances)


def test_the_nth_job_is_due_n_intervals_after_the_start() -> None:
    assert due_ns(Arrival(slot=250, job=250, copy=0), start_ns=5, rate_per_s=500.0) == 500_000_005


@given(jobs=st.integers(1, 300), producers=st.integers(1, 5), callers=st.integers(1, 7))
def test_each_job_has_all_its_callers_at_its_own_time(jobs: int, producers: int, callers: int) -> None:
    step = min(producers, jobs)
    every = [a for first in range(step) for a in sequence(jobs=jobs, first=first, step=step, callers=callers)]
    assert sorted(a.job for a in every) == sorted(list(range(jobs)) * callers)
    assert sorted(a.job for a in every if not a.copy) == list(range(jobs))
    assert all(a.slot == a.job for a in every)


def test_the_callers_of_a_job_are_different_producers() -> None:
    calls = [{a.job for a in sequence(jobs=9, first=first, step=3, callers=3)} for first in range(3)]
    assert calls == [set(range(9))] * 3


def test_a_producer_that_is_back_goes_on_with_its_own_share() -> None:
    whole = sequence(jobs=30, first=1, step=3, callers=2)
    later = sequence(jobs=30, first=13, step=3, callers=2)
    assert later == [arrival for arrival in whole if arrival.job >= 12]


def test_heads_are_as_far_apart_as_they_have_steps() -> None:
    heads = [a.job for a in sequence(jobs=40, first=4, step=8, jobs_a_head=4)]
    assert heads == [4, 12, 20, 28, 36]


def test_a_burst_is_due_when_its_first_job_is() -> None:
    dues = [due_ns(a, 0, 100.0, burst=5) for a in sequence(jobs=12)]
    assert dues == [0] * 5 + [50_000_000] * 5 + [100_000_000] * 2
