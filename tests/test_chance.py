"""Draws depend on nothing but the seed, the purpose and the numbers."""

from hypothesis import given
from hypothesis import strategies as st

from chaos.chance import draw, happens

SEEDS = st.integers(min_value=0, max_value=2**63 - 1)


@given(SEEDS, st.text(max_size=20), st.integers(0, 2**32))
def test_a_draw_lies_in_the_unit_interval_and_repeats(seed: int, purpose: str, number: int) -> None:
    value = draw(seed, purpose, number)
    assert 0.0 <= value < 1.0
    assert draw(seed, purpose, number) == value


@given(SEEDS)
def test_what_is_impossible_never_happens_and_what_is_certain_always_does(seed: int) -> None:
    assert not happens(0.0, seed, "job-failure", 1)
    assert happens(1.0, seed, "job-failure", 1)


def test_draws_for_other_purposes_and_numbers_differ() -> None:
    assert len({draw(1, "a", 1), draw(1, "a", 2), draw(1, "b", 1), draw(2, "a", 1), draw(1, "a", 1, 1)}) == 5


def test_a_share_of_the_draws_happens() -> None:
    share = sum(happens(0.2, 42, "job-failure", number) for number in range(10_000)) / 10_000
    assert 0.18 < share < 0.22


def test_a_draw_is_the_same_for_ever_so_that_a_seed_repeats_what_it_drew() -> None:
    drawn = [draw(0, "", 0), draw(42, "job-failure", 7, 1), draw(2**63 - 1, "größer", 2**32 - 1)]
    assert drawn == [0.0604439042019046, 0.2012376392511348, 0.2722323270790008]
