"""How long a failed job waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaos.systems.reference.backoff import delay_ms
from chaos.systems.reference.jobs import Backoff, Options

MIDDLE = 0.5


def options(backoff: Backoff) -> Options:
    return Options(backoff=backoff, initial_delay_ms=100, max_delay_ms=1_000, jitter=0.1)


def waits(backoff: Backoff) -> list[int]:
    return [delay_ms(options(backoff), failures, MIDDLE) for failures in range(1, 7)]


def test_fixed_waits_the_same_each_time() -> None:
    assert waits(Backoff.FIXED) == [100, 100, 100, 100, 100, 100]


def test_linear_waits_one_delay_more_each_time() -> None:
    assert waits(Backoff.LINEAR) == [100, 200, 300, 400, 500, 600]


def test_exponential_waits_twice_as_long_each_time_up_to_the_longest() -> None:
    assert waits(Backoff.EXPONENTIAL) == [100, 200, 400, 800, 1_000, 1_000]


def test_jitter_moves_the_wait_by_up_to_its_share_either_way() -> None:
    assert delay_ms(options(Backoff.FIXED), 1, 0.0) == 90
    assert delay_ms(options(Backoff.FIXED), 1, 0.999_999) == 110


@given(
    st.builds(
        Options,
        backoff=st.sampled_from(Backoff),
        initial_delay_ms=st.integers(1, 2**31 - 1),
        max_delay_ms=st.integers(1, 2**31 - 1),
        jitter=st.floats(0.0, 1.0),
    ),
    st.integers(1, 2**31 - 1),
    st.floats(0.0, 1.0, exclude_max=True),
)
def test_a_wait_is_never_negative_nor_longer_than_the_longest(
    options: Options, failures: int, chance: float
) -> None:
    assert 0 <= delay_ms(options, failures, chance) <= options.max_delay_ms
