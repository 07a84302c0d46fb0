"""Pauses between tries grow, differ between jobs, and stay short."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaos.load.retry import FIRST_PAUSE_S, LONGEST_PAUSE_S, pause_s


@given(st.integers(0, 2**63), st.integers(0, 2**32 - 1), st.integers(1, 10_000))
def test_every_pause_is_bounded(seed: int, job: int, tries: int) -> None:
    assert FIRST_PAUSE_S / 2 <= pause_s(seed, job, tries) <= LONGEST_PAUSE_S


def test_the_first_pause_is_short_and_later_ones_are_longer() -> None:
    assert pause_s(1, 1, 1) <= FIRST_PAUSE_S
    assert pause_s(1, 1, 3) > pause_s(1, 1, 1)
    assert pause_s(1, 1, 20) >= LONGEST_PAUSE_S / 2


def test_two_jobs_do_not_come_back_together() -> None:
    assert pause_s(1, 1, 5) != pause_s(1, 2, 5)
